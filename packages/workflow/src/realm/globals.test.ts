import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = fileURLToPath(new URL("../../../../node_modules/.bin/tsc", import.meta.url));

test("an editor accepts the globals that exist and refuses those that do not", () => {
  let output = "";
  try {
    execFileSync(tsc, ["-p", `${root}/fixtures/globals`, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const lines = output.split("\n").filter((line) => line.includes("error TS"));
  expect(lines.filter((line) => !line.includes("refused.ts"))).toEqual([]);
  const refused = readFileSync(`${root}/fixtures/globals/refused.ts`, "utf8").split("\n");
  const wrong = refused.flatMap((line, i) => (line.startsWith("  () =>") ? [i + 1] : []));
  expect(lines.map((line) => Number(/refused\.ts\((\d+),/.exec(line)?.[1]))).toEqual(wrong);
});
