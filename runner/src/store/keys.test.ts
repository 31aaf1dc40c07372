import { describe, expect, test } from "vitest";
import { after, CHECKPOINT_KEY, checkKey, endOf, indexKey, nameOf, reservedKey, spaceOf, threadKey } from "./keys.js";

const bytes = (...list: number[]) => Uint8Array.from(list);
const before = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) < 0;

describe("keys", () => {
  test("a thread id that looks like a key of another space is still a thread", () => {
    const ids = ["\u0000c", "r|position", "x", "t", "\u00ff", "a\u0000b"];
    const keys = [
      ...ids.map((id) => threadKey(id)),
      ...ids.map((id) => reservedKey(id)),
      ...ids.map((id) => indexKey(id)),
      CHECKPOINT_KEY,
    ];
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(keys.length);
    for (const id of ids) expect(Buffer.from(nameOf(threadKey(id))).toString()).toBe(id);
  });

  test("text and its UTF-8 bytes are the same key", () => {
    expect(threadKey("Grüße")).toEqual(threadKey(Buffer.from("Grüße")));
  });

  test("a space holds its keys and no others", () => {
    const end = endOf(spaceOf("thread"))!;
    for (const id of ["\u0000", "a", "\u{10ffff}"]) {
      expect(before(threadKey(id), spaceOf("thread"))).toBe(false);
      expect(before(threadKey(id), end)).toBe(true);
    }
    expect(before(reservedKey("\u{10ffff}"), spaceOf("thread"))).toBe(true);
    expect(before(indexKey(""), end)).toBe(false);
  });

  test("callers cannot reach the store's own keys, nor the empty one", () => {
    for (const key of [bytes(), bytes(0), bytes(0, 1), CHECKPOINT_KEY]) {
      expect(() => checkKey(key)).toThrow(expect.objectContaining({ code: "store-key" }));
    }
    checkKey(threadKey("a"));
  });

  test("nothing fits between a key and the one after it", () => {
    const key = threadKey("a");
    expect(before(key, after(key))).toBe(true);
    expect(before(after(key), threadKey("a\u0001"))).toBe(true);
  });

  test("the end of a prefix carries over bytes of 255, and may not exist", () => {
    expect(endOf(bytes(1, 2))).toEqual(bytes(1, 3));
    expect(endOf(bytes(1, 255, 255))).toEqual(bytes(2));
    expect(endOf(bytes(255, 255))).toBeUndefined();
    expect(endOf(bytes())).toBeUndefined();
  });
});
