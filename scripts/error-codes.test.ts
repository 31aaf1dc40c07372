import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function sources(): string[] {
  const folders = ["runner/src", ...readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/src`)];
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => readFileSync(join(ROOT, folder, file), "utf8")),
  );
}

test("every code that an error can have is in docs/errors.md", () => {
  const codes = new Set<string>();
  for (const text of sources()) {
    for (const [, code] of text.matchAll(/\bcode(?:: string)? = "([\w-]+)"/g)) codes.add(code!);
    const union = /export type ProblemCode =([^;]*);/.exec(text)?.[1] ?? "";
    for (const [, code] of union.matchAll(/"([\w-]+)"/g)) codes.add(code!);
  }
  // Two of each kind: the search finds what it should.
  expect([...codes]).toEqual(expect.arrayContaining(["no-broker", "restore-stuck", "log-unreachable", "KWF_BUILD"]));
  const docs = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  expect([...codes].filter((code) => !docs.includes(`\`${code}\``))).toEqual([]);
});
