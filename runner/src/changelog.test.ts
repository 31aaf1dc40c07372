import { encodeState, type ThreadState } from "@kwf/engine";
import { expect, test } from "vitest";
import { bundleNeeded, changesOf, headerOf, pauseCode, pausedKey } from "./changelog.js";
import { reservedKey, threadKey } from "./store/keys.js";

const key = Buffer.from("t");
const running: ThreadState = { run: "0:1", since: 1, continuation: '{"v":1,"b":"ab12","s":"running"}' };
const paused: ThreadState = { ...running, paused: { code: "error", error: { code: "KWF_X", message: "m" }, held: [] } };

test("a thread's record changes its state and its place among the paused", () => {
  const state = encodeState(paused);
  expect(changesOf(key, state)).toEqual([
    { key: threadKey("t"), value: state },
    { key: pausedKey(key), value: Buffer.from("error KWF_X") },
  ]);
  expect(changesOf(key, encodeState(running))[1]).toEqual({ key: pausedKey(key), value: null });
  expect(changesOf(key, null)).toEqual([
    { key: threadKey("t"), value: null },
    { key: pausedKey(key), value: null },
  ]);
});

test("a reserved record goes into a space of its own", () => {
  expect(changesOf(Buffer.from("|position"), Buffer.from("x"))).toEqual([
    { key: reservedKey("|position"), value: Buffer.from("x") },
  ]);
});

test("what a state says of itself is read without its continuation", () => {
  expect(headerOf(encodeState(running))).toMatchObject({ run: "0:1", since: 1 });
  expect(bundleNeeded(encodeState(running))).toBe("ab12");
  expect(bundleNeeded(encodeState({ ...running, continuation: "" }))).toBeUndefined();
  expect(pauseCode(encodeState({ ...running, paused: { code: "operator", held: [] } }))).toBe("operator");
});

test("bytes that are no state are no error here", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("x"), Buffer.from("x\ny"), Buffer.from("\n")]) {
    expect(headerOf(bytes)).toBeUndefined();
    expect(bundleNeeded(bytes)).toBeUndefined();
    expect(pauseCode(bytes)).toBeUndefined();
  }
});
