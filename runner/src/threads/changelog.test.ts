import { encodeState, type ThreadState } from "@kwf/engine";
import { expect, test } from "vitest";
import { reservedKey, threadKey } from "../store/keys.js";
import { attentionKey, changesOf, pauseCode } from "./changelog.js";
import { bundleNeeded, headerOf } from "./state-header.js";
import { encodeEntry, entryOf, threadIndexKey } from "./thread-index.js";

const key = Buffer.from("t");
const running: ThreadState = { run: "0:1", since: 1, continuation: '{"v":1,"b":"ab12","s":"running"}' };
const failure = { code: "error", offset: "7", error: { code: "KWF_X", message: "m" } } as const;
const paused: ThreadState = { ...running, paused: { failure } };

test("a thread's record changes its state and its place in the indexes", () => {
  const changed = (value: Uint8Array | null) =>
    new Map(changesOf(key, value).map(({ key: changed, value: to }) => [Buffer.from(changed).toString(), to]));
  const thread = Buffer.from(threadKey("t")).toString();
  const attention = Buffer.from(attentionKey(key)).toString();
  const listed = Buffer.from(threadIndexKey(key)).toString();
  const state = encodeState(paused);
  expect(changed(state)).toEqual(
    new Map<string, unknown>([
      [thread, state],
      [listed, encodeEntry(entryOf(state)!)],
      [attention, Buffer.from("error KWF_X")],
    ]),
  );
  const ended = changed(encodeState({ ...running, ended: { until: 12 }, continuation: "" }));
  expect(ended.get(attention)).toEqual(Buffer.from("ended 12"));
  expect(ended.get(listed)).toBeNull();
  expect(changed(encodeState(running)).get(attention)).toBeNull();
  expect([...changed(null).values()]).toEqual([null, null, null]);
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
  expect(pauseCode({ operator: {} })).toBe("operator");
  expect(pauseCode({ operator: {}, failure })).toBe("error KWF_X");
});

test("bytes that are no state are no error here", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("x"), Buffer.from("x\ny"), Buffer.from("\n")]) {
    expect(headerOf(bytes)).toBeUndefined();
    expect(bundleNeeded(bytes)).toBeUndefined();
  }
});
