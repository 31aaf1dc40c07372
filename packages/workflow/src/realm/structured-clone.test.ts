import { describe, expect, test } from "vitest";
import { structuredClone } from "./structured-clone.js";

const native = (globalThis as unknown as { structuredClone: typeof structuredClone }).structuredClone;

describe("structuredClone", () => {
  test("copies data as Node does", () => {
    class Point {
      x = 1;
      get y(): number {
        return 2;
      }
    }
    const shared = { n: 1 };
    const holes = Object.assign([1], { 2: 3, extra: "e" });
    for (const value of [
      [shared, shared],
      holes,
      new Point(),
      new Map<unknown, unknown>([[shared, new Set([shared, -0])]]),
      new Date(5),
      /a/gi,
      new Uint16Array([1, 2, 3]).subarray(1),
      new DataView(new ArrayBuffer(8), 2, 3),
      Object(1),
      Object("s"),
      Object(1n),
      {
        get a() {
          return 1;
        },
      },
    ]) {
      expect(structuredClone(value)).toStrictEqual(native(value));
    }
  });

  test("cycles and shared parts stay", () => {
    const value: { self?: unknown; list: unknown[] } = { list: [] };
    value.self = value;
    value.list.push(value.list);
    const copy = structuredClone(value);
    expect(copy).not.toBe(value);
    expect(copy.self).toBe(copy);
    expect(copy.list[0]).toBe(copy.list);
  });

  test("errors keep name, message, stack and cause", () => {
    const error = new RangeError("far", { cause: { n: 1 } });
    const copy = structuredClone(error);
    expect(copy).toBeInstanceOf(RangeError);
    expect(copy.stack).toBe(error.stack);
    expect(copy.cause).toEqual({ n: 1 });
    expect(copy.cause).not.toBe(error.cause);
  });

  test("what has an identity of its own is refused", () => {
    for (const value of [() => 1, Symbol("s"), new WeakMap(), Promise.resolve(), (function* () {})(), { f() {} }]) {
      expect(() => structuredClone(value)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
      expect(() => native(value)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
    }
  });
});
