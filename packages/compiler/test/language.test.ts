import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCompiled } from "./language/compiled.js";
import { runNatively } from "./language/native.js";

const fixtures = fileURLToPath(new URL("../fixtures/language", import.meta.url));

describe("compiled and restored at every await, a program does what it does in Node", () => {
  test.each(readdirSync(fixtures).map((name) => name.replace(/\.ts$/, "")))("%s", async (name) => {
    const file = join(fixtures, `${name}.ts`);
    const native = await runNatively(file);
    expect("result" in native.end || "error" in native.end, "the fixture ends in Node").toBe(true);
    expect(await runCompiled(file)).toEqual(native);
  });
});
