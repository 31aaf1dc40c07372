import { encodeState } from "@kwf/engine";
import { beforeEach, expect, test } from "vitest";
import type { LogRecord } from "../log/log.js";
import { reservedKey, threadKey } from "../store/keys.js";
import { MemoryDisk } from "../store/memory/memory-store.js";
import type { StateStore } from "../store/store.js";
import { decodeHeld, encodeHeld, HeldRecords, heldKey } from "./held-records.js";
import { fingerprint } from "./original-record.js";

let store: StateStore;
beforeEach(async () => {
  store = await new MemoryDisk().open("d");
});

const record = (offset: number, value = "v"): LogRecord => ({
  offset,
  timestamp: 7,
  key: Buffer.from("t"),
  value: Buffer.from(value),
  headers: [
    ["h", Buffer.from([0xff, 0])],
    ["none", null],
  ],
});
const keep = (thread: string, ...offsets: number[]) =>
  store.write(
    offsets.map((offset) => ({ key: reservedKey(heldKey(thread, offset)), value: encodeHeld(record(offset)) })),
  );
const state = (paused: boolean) =>
  encodeState({ run: "0:1", since: 1, ...(paused ? { paused: { operator: {} } } : {}), continuation: "" });

test("a record comes back as it was", () => {
  expect(decodeHeld("t", encodeHeld(record(12, "ä")))).toEqual(record(12, "ä"));
  const reference = decodeHeld("t", encodeHeld(record(12, "ä"), true));
  expect(reference).toMatchObject({ offset: 12, timestamp: 7, value: null, sha256: fingerprint(Buffer.from("ä")) });
});

test("what waits is found in the store: in order, and only for threads that are not paused", async () => {
  await keep("t", 9, 10, 100);
  await keep("paused", 11);
  await keep("gone", 12);
  await keep("ta", 13);
  await store.write([
    { key: threadKey("t"), value: state(false) },
    { key: threadKey("paused"), value: state(true) },
    { key: threadKey("ta"), value: Buffer.from("rubbish") },
  ]);
  const held = new HeldRecords();
  await held.begin(store);
  expect(["t", "paused", "gone", "ta", "none"].map((thread) => held.count(thread))).toEqual([3, 1, 1, 1, 0]);
  expect((await held.next(10)).map(({ offset }) => offset).sort((a, b) => a - b)).toEqual([9, 10, 12, 100]);
  held.set("gone", 0, false);
  expect((await held.next(2)).map(({ offset }) => offset)).toEqual([9, 10]);
  expect(await held.keysOf("t")).toEqual([9, 10, 100].map((offset) => heldKey("t", offset)));
  held.set("t", 3, true);
  expect(held.due).toBe(false);
});
