// The compiler's fixtures, each thread carried to another bundle of its program before every step, and back: one in which everything has
// other numbers and names, and one in which every function that can wait was changed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byItself, byNames, changed, Entries } from "./moved.js";
import { native } from "./native.js";
import { restored } from "./restored.js";

const fixtures = fileURLToPath(new URL("../../compiler/fixtures/", import.meta.url));
const names = readdirSync(fixtures).filter((name) => existsSync(`${fixtures}${name}/input.ts`));

/** Generators of a module are functions that can wait, so they are changed too, and what has become of them is not carried over. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "iterating-module-state": /ids was changed, and the thread holds a part of it that is known by its position only/,
};

let entries: Entries;
beforeAll(() => {
  entries = new Entries();
});
afterAll(() => entries.remove());

describe("a thread moves by itself, at every await, to a bundle with other ids and names:", () => {
  it.each(names)("%s", async (name) => {
    const again = `export { default, manifest } from ${JSON.stringify(`${fixtures}${name}/input.js`)};\n`;
    const one = await entries.bundle("one", again);
    const other = await entries.bundle("other", `export { noise } from "./noise.js";\n${again}`);
    const stay: string[] = [];
    expect(await restored(byItself(one, other, stay))).toEqual(await native(`${fixtures}${name}/input.ts`));
    expect(stay).toEqual([]);
  });
});

describe("a thread is carried by names, at every await, to a bundle in which every function that waits was changed:", () => {
  it.each(names)("%s", async (name) => {
    const text = javaScript(readFileSync(`${fixtures}${name}/input.ts`, "utf8"), name);
    const [one, other] = [await entries.bundle("before", text), await entries.bundle("after", changed(text))];
    const refused = REFUSED[name];
    if (refused !== undefined) return expect(restored(byNames(one, other))).rejects.toThrow(refused);
    expect(await restored(byNames(one, other))).toEqual(await native(`${fixtures}${name}/input.ts`));
  });
});

/** Without types, with imports that hold from elsewhere. */
function javaScript(text: string, name: string): string {
  const lowered = { decorators: false, using: false };
  const { code } = transformSync(text, { loader: "ts", target: "esnext", supported: lowered });
  return code.replaceAll(
    /from "(\.[^"]*)"/g,
    (_, path: string) => `from ${JSON.stringify(join(fixtures, name, path))}`,
  );
}
