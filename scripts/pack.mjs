#!/usr/bin/env node
// Packs what is published, as npm would publish it: `node scripts/pack.mjs [directory]`, dist/packages where none is named. What follows goes to
// npm (`--json`). It packs what is built; `npm run pack` cleans and builds first.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [directory = join(root, "dist/packages"), ...options] = process.argv.slice(2);
const folders = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "runner"];
const isPrivate = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).private === true;

mkdirSync(directory, { recursive: true });
const { status } = spawnSync(
  "npm",
  [
    "pack",
    ...folders.filter((folder) => !isPrivate(folder)).flatMap((folder) => ["-w", folder]),
    ...["--pack-destination", resolve(directory), "--ignore-scripts", "--loglevel=error", ...options],
  ],
  { cwd: root, stdio: "inherit", shell: process.platform === "win32" },
);
process.exitCode = status ?? 1;
