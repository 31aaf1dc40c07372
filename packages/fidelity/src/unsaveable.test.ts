// What cannot be saved pauses the thread, and the message has the way to it: names and lines as in fixtures/unsaveable.ts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { type Bundle, loadBundle, step } from "@kwf/engine";
import { beforeAll, describe, expect, it, test, vi } from "vitest";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const entry = fileURLToPath(new URL("../fixtures/unsaveable.ts", import.meta.url));
const source = readFileSync(entry, "utf8").split("\n");

/** `fixtures/unsaveable.ts:57`, by what stands on that line. */
const at = (text: string, from = 0): string =>
  `fixtures/unsaveable.ts:${source.findIndex((line, i) => i >= from && line.includes(text)) + 1}`;
const MAIN = `main (${at(
  "await W.ref",
  source.findIndex((line) => line.includes("function main")),
)}) -> `;
const CLOSURE = `closure cancelHotel (${at("function cancelHotel")}) -> variable client`;

const ways: Record<string, string> = {
  closure: `${MAIN}compensations[2] -> ${CLOSURE}`,
  "module map": "variable cache.k.deep (fixtures/unsaveable.ts)",
  "module variable": "variable latest.x[0] (fixtures/unsaveable.ts)",
  "static field": "variable Client.shared (fixtures/unsaveable.ts)",
  "private field": `${MAIN}compensations[2].#socket`,
  this: `call (${at("await W.ref")}) -> this.#socket`,
  proxy: `${MAIN}compensations[2][[ProxyTarget]].a`,
  "bound argument": `${MAIN}compensations[2][[BoundArguments]][0]`,
  promise: `${MAIN}compensations[2][[PromiseResult]]`,
  "element of all": `${MAIN}compensations[2][1].y`,
  reaction: CLOSURE,
  generator: `walk (${at("yield 1")}) -> held`,
  "class in a function": `${MAIN}compensations[2] -> class Sub.extends (${at("class Sub")}) -> class Base.x (${at("class Base")})`,
  collections: `${MAIN}compensations[2].key[0]["odd name"]`,
  "dynamic function": `${MAIN}compensations[2]`,
};

test.runIf("DisposableStack" in globalThis)("what Node has and kwf does not know is refused", async () => {
  const source = `import * as W from "@kwf/workflow";
    export default async function main() { const stack = new globalThis.DisposableStack(); await W.ref(); return stack; }`;
  const folder = mkdtempSync(join(tmpdir(), "kwf-unknown-"));
  const file = join(folder, "index.js");
  writeFileSync(file, source);
  const record = { key: "t", value: "new:", offset: "0", partition: 0, timestamp: 0 };
  const { error } = step(loadBundle((await build(file)).code), null, record, { timeoutMs: 0 });
  rmSync(folder, { recursive: true });
  expect(error?.message).toBe("cannot save main (index.js:2) -> stack -> DisposableStack");
});

describe("the way to a value that cannot be saved:", () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = loadBundle((await build(entry)).code);
  });

  it.each(Object.entries(ways))("%s", (place, way) => {
    const record = { key: "t", value: `new:${JSON.stringify(place)}`, offset: "0", partition: 0, timestamp: 0 };
    const { status, error, outputs } = step(bundle, null, record, { timeoutMs: 0 });
    const what = place === "dynamic function" ? "function made outside compiled code" : "SharedArrayBuffer";
    expect(error).toEqual({ code: "KWF_UNSERIALIZABLE", message: `cannot save ${way} -> ${what}` });
    expect(status).toBe("paused");
    expect(outputs.map(({ topic }) => topic)).toEqual(["workflow-status"]);
  });
});
