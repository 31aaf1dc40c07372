import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { build } from "./build.js";
import { BuildError, formatDiagnostics } from "./diagnostic.js";

const fixtures = fileURLToPath(new URL("../fixtures/errors", import.meta.url));

async function diagnose(entry: string): Promise<string> {
  try {
    await build(entry);
  } catch (error) {
    if (error instanceof BuildError) return formatDiagnostics(error.diagnostics);
    throw error;
  }
  return "no diagnostics";
}

describe("a mistake gets the diagnostic beside it", () => {
  test.each(readdirSync(fixtures))("%s", async (mistake) => {
    const folder = join(fixtures, mistake);
    await expect(`${await diagnose(join(folder, "index.ts"))}\n`).toMatchFileSnapshot(join(folder, "expected.txt"));
  });
});
