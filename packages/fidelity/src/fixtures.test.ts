// The compiler's fixtures, one folder a feature of the language. Each program says the same as plain JavaScript in Node and as
// a bundle: restored at every await in a fresh realm, in another process, and taking turns with another thread in one realm.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { native } from "./native.js";
import { freshRealms, interleaved, oneRealm, restored, twoProcesses } from "./restored.js";
import { SecondProcess } from "./second-process.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const fixtures = fileURLToPath(new URL("../../compiler/fixtures/", import.meta.url));
const names = readdirSync(fixtures).filter((name) => existsSync(`${fixtures}${name}/input.ts`));

let other: SecondProcess;
beforeAll(() => {
  other = new SecondProcess();
});
afterAll(() => other.end());

describe("a program behaves as in Node when it is restored at every await:", () => {
  it.each(names)("%s", async (name) => {
    const entry = `${fixtures}${name}/input.ts`;
    const expected = await native(entry);
    const { code } = await build(entry);
    expect(await restored(freshRealms(code)), "in a fresh realm").toEqual(expected);
    expect(await restored(await twoProcesses(code, other)), "in another process").toEqual(expected);
    expect(await interleaved(oneRealm(code), 2), "in turns with another thread").toEqual([expected, expected]);
  });
});
