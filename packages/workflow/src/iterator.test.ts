import { describe, expect, it } from "vitest";
import { decode, encode } from "./codec/codec.js";
import { Image } from "./codec/image.js";
import { keys, nextKey } from "./for-in.js";
import { close, closeQuiet, delegate, type IteratorRecord, iter, next } from "./iterator.js";

const image = new Image();
const through = <T>(value: T): T => decode(encode({ value }, image), image).value as T;

function rest(record: IteratorRecord): unknown[] {
  const values: unknown[] = [];
  while (next(record)) values.push(record.value);
  return values;
}

describe("an iterator record", () => {
  it("walks a pristine array by index, seeing what is added, also after it was saved", () => {
    const array = [1, 2, 3];
    const record = iter(array);
    next(record);
    array.push(4);
    const read = through(record);
    expect(rest(read)).toEqual([2, 3, 4]);
    expect(read.done).toBe(true);
    expect(rest(record)).toEqual([2, 3, 4]);
  });

  it.each([
    [
      "a Map",
      () =>
        new Map([
          [1, "a"],
          [2, "b"],
          [3, "c"],
        ]),
      [
        [2, "b"],
        [3, "c"],
      ],
    ],
    ["a Set", () => new Set([1, 2, 3]), [2, 3]],
    ["a string", () => "a😀c", ["😀", "c"]],
    ["a typed array", () => new Uint8Array([1, 2, 3]), [2, 3]],
  ])("can be saved while it walks %s", (_, make, left) => {
    const record = iter(make());
    next(record);
    expect(rest(through(record))).toEqual(left);
  });

  it("looks up Symbol.iterator and next once", () => {
    const log: string[] = [];
    const iterable = {
      get [Symbol.iterator]() {
        log.push("iterator");
        return () => ({
          get next() {
            log.push("next");
            return () => ({ done: false, value: 1 });
          },
        });
      },
    };
    const record = iter(iterable);
    next(record);
    next(record);
    expect(log).toEqual(["iterator", "next"]);
  });

  it("is done, and not closed, once next has thrown", () => {
    const iterable = {
      [Symbol.iterator]: () => ({
        next() {
          throw "broken";
        },
      }),
    };
    const record = iter(iterable);
    expect(() => next(record)).toThrow("broken");
    expect(record.done).toBe(true);
  });

  it("closes once; after a throw, errors of closing are not seen", () => {
    const log: string[] = [];
    const iterable = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return() {
          log.push("return");
          throw "from return";
        },
      }),
    };
    closeQuiet(iter(iterable));
    expect(() => close(iter(iterable))).toThrow("from return");
    expect(log).toEqual(["return", "return"]);
  });

  it("refuses what is no iterable and what is no result", () => {
    expect(() => iter(1)).toThrow(TypeError);
    expect(() => iter(undefined)).toThrow(TypeError);
    const record = iter({ [Symbol.iterator]: () => ({ next: () => 1 }) });
    expect(() => next(record)).toThrow("Iterator result 1 is not an object");
    expect(() => close(iter({ [Symbol.iterator]: () => ({ next: () => 1, return: () => 1 }) }))).toThrow(TypeError);
  });
});

describe("arrays that are not pristine", () => {
  const arrayIterator = Object.getPrototypeOf([][Symbol.iterator]()) as { next: unknown; return?: unknown };
  const { next: original } = arrayIterator;

  // The test runner iterates arrays too: the patch is gone before it does.
  function patched<T>(patch: object, body: () => T): T {
    Object.assign(arrayIterator, patch);
    try {
      return body();
    } finally {
      arrayIterator.next = original;
      delete arrayIterator.return;
    }
  }

  it("are walked by a patched next", () => {
    const none = { next: () => ({ done: true }) };
    expect(patched(none, () => rest(iter([1, 2])))).toEqual([]);
  });

  it("are closed by a return method that was added meanwhile", () => {
    let seen: unknown;
    const record = iter([1, 2, 3]);
    next(record);
    const closing = {
      return(this: unknown) {
        seen = Reflect.apply(original as () => unknown, this, []);
        return {};
      },
    };
    patched(closing, () => close(record));
    expect(seen).toEqual({ done: false, value: 2 });
  });
});

describe("yield*", () => {
  it("hands through what was sent, and says how it ended", () => {
    const log: unknown[] = [];
    const record = iter({
      [Symbol.iterator]: () => ({
        next(value: unknown) {
          log.push(["next", value]);
          return { done: false, value: 1 };
        },
        return(value: unknown) {
          log.push(["return", value]);
          return { done: true, value: 2 };
        },
      }),
    });
    expect(delegate(record, "a", 0)).toEqual({ done: false, value: 1 });
    expect([delegate(record, "b", 2), record.mode]).toEqual([{ done: true, value: 2 }, 2]);
    expect(() => delegate(record, "c", 1)).toThrow("does not provide a 'throw' method");
    expect(log).toEqual([
      ["next", "a"],
      ["return", "b"],
      ["return", undefined],
    ]);
    const plain = iter({ [Symbol.iterator]: () => ({ next: () => ({}) }) });
    expect([delegate(plain, "d", 2), plain.mode]).toEqual(["d", 3]);
  });
});

describe("for-in", () => {
  const all = (record: ReturnType<typeof keys>): unknown[] => {
    const found: unknown[] = [];
    while (nextKey(record)) found.push(record.value);
    return found;
  };

  it("gives keys in the engine's order, inherited ones included, shadowed ones not", () => {
    const object = Object.create({ z: 1, a: 2 }, { b: { value: 1, enumerable: true }, z: { value: 1 } }) as object;
    Object.assign(object, { 2: 0, 1: 0 });
    const native: string[] = [];
    for (const key in object) native.push(key);
    expect(all(keys(object))).toEqual(native);
    expect(all(keys("ab"))).toEqual(["0", "1"]);
    expect(all(keys(null))).toEqual([]);
  });

  it("leaves out keys that were deleted, also after it was saved", () => {
    const object: Record<string, number> = { a: 1, b: 2, c: 3 };
    const record = keys(object);
    nextKey(record);
    const saved = through({ object, record });
    delete saved.object.b;
    expect(all(saved.record)).toEqual(["c"]);
    expect(all(record)).toEqual(["b", "c"]);
  });
});
