import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { build } from "./build.js";
import { BuildError, DIAGNOSTIC_CODES, formatDiagnostics } from "./diagnostic.js";

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

const entryOf = (folder: string): string => readdirSync(folder).find((file) => file.startsWith("index.")) ?? "";

describe("a mistake gets the diagnostic beside it", () => {
  test.each(readdirSync(fixtures))("%s", async (mistake) => {
    const folder = join(fixtures, mistake);
    await expect(`${await diagnose(join(folder, entryOf(folder)))}\n`).toMatchFileSnapshot(
      join(folder, "expected.txt"),
    );
  });
});

test("every diagnostic code has a mistake that gets it", () => {
  const expected = readdirSync(fixtures).map((mistake) =>
    readFileSync(join(fixtures, mistake, "expected.txt"), "utf8"),
  );
  const seen = new Set(
    expected.flatMap((text) => [...text.matchAll(/^(?:\S+: )?error ([a-z-]+): /gm)].map(([, code]) => code)),
  );
  expect(DIAGNOSTIC_CODES.filter((code) => !seen.has(code))).toEqual(["no-entry"]); // below: it has no source
});

test("an entry that is not there, or is a folder, gets one too", async () => {
  const nowhere = join(fixtures, "nowhere.ts");
  expect(await diagnose(nowhere)).toBe(`error no-entry: cannot read ${nowhere}: there is no such file`);
  expect(await diagnose(fixtures)).toBe(
    `error no-entry: cannot read ${fixtures}: it is a folder; the file in it that exports the workflow is wanted`,
  );
});
