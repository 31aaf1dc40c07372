// Libraries of npm in a bundle: what they made is held across awaits, and each program says the same as in Node when it is
// restored at every await, in a fresh realm and in another process.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { loadBundle, step } from "@kwf/engine";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { native } from "./native.js";
import { freshRealms, restored, twoProcesses } from "./restored.js";
import { SecondProcess } from "./second-process.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const programs = fileURLToPath(new URL("../fixtures/libraries/", import.meta.url));
const names = readdirSync(programs).map((file) => file.replace(/\.ts$/, ""));

let other: SecondProcess;
beforeAll(() => {
  other = new SecondProcess();
});
afterAll(() => other.end());

describe("values of a library survive:", () => {
  it.each(names)("%s", async (name) => {
    const entry = `${programs}${name}.ts`;
    const expected = await native(entry);
    expect(expected.error).toBeUndefined();
    const { code } = await build(entry);
    expect(await restored(freshRealms(code)), "in a fresh realm").toEqual(expected);
    expect(await restored(await twoProcesses(code, other)), "in another process").toEqual(expected);
  });
});

it("a validator that is made from text in a workflow is named, with the way to it", async () => {
  const { code } = await build(fileURLToPath(new URL("../fixtures/code-from-text/ajv.ts", import.meta.url)));
  const record = { key: "t", value: "new:", offset: "0", partition: 0, timestamp: 0 };
  expect(step(loadBundle(code), null, record, { timeoutMs: 0 }).error).toEqual({
    code: "KWF_UNSERIALIZABLE",
    message: "cannot save main (fixtures/code-from-text/ajv.ts:7) -> check -> function made outside compiled code",
  });
});
