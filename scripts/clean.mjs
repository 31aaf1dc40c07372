#!/usr/bin/env node
// Removes what `tsc -b` has built, whole: `tsc -b --clean` leaves the files whose source is gone, and they would be packed.

import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "runner"];
for (const folder of folders) rmSync(join(root, folder, "dist"), { recursive: true, force: true });
