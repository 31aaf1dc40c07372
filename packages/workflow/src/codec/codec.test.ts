import { describe, expect, it } from "vitest";
import { decode, encode } from "./codec.js";
import { Image } from "./image.js";

const image = new Image();
const text = (value: unknown): string => encode({ value }, image);
const through = <T>(value: T): T => decode(text(value), image).value as T;
const own = Object.getOwnPropertyDescriptors;

describe("primitives", () => {
  it("keeps those that JSON has no word for", () => {
    const values = [undefined, null, -0, 0, Number.NaN, Infinity, -Infinity, 12n, "", "x", true, 1.5];
    expect(through(values)).toStrictEqual(values);
    expect(Object.is(through({ a: -0 }).a, -0)).toBe(true);
  });

  it("keeps registered, well-known and local symbols, and the identity of local ones", () => {
    const local = Symbol("a");
    const twin = Symbol("a");
    const nameless = Symbol();
    const value = through([Symbol.for("k"), Symbol.iterator, local, twin, local, nameless, Symbol("")] as symbol[]);
    expect(value[0]).toBe(Symbol.for("k"));
    expect(value[1]).toBe(Symbol.iterator);
    expect(value[2]).toBe(value[4]);
    expect(value[2]).not.toBe(value[3]);
    expect(value.map((symbol) => symbol.description).slice(2)).toEqual(["a", "a", "a", undefined, ""]);
  });
});

describe("graphs", () => {
  it("keeps identity and cycles", () => {
    const a: Record<string, unknown> = { n: 1 };
    a.self = a;
    a.list = [a, a];
    const b = through(a);
    expect(b.self).toBe(b);
    expect((b.list as unknown[])[1]).toBe(b);
  });

  it("nests a value used once and numbers one used twice", () => {
    const shared = { s: 1 };
    expect(JSON.parse(text({ a: shared, b: shared, c: { d: 1 } }))).toEqual({
      value: {
        f: [
          ["a", { r: 0 }],
          ["b", { r: 0 }],
          ["c", { f: [["d", 1]] }],
        ],
      },
      $: "K",
      x: [{ f: [["s", 1]] }],
    });
  });

  it("writes and reads a chain of 100,000 links", () => {
    type Link = { next: Link | undefined; n: number };
    let chain: Link | undefined;
    for (let n = 0; n < 100_000; n++) chain = { next: chain, n };
    let at: Link | undefined = through(chain);
    let length = 0;
    for (; at !== undefined; at = at.next) length++;
    expect(length).toBe(100_000);
  });

  it("writes and reads chains through arrays, maps and prototypes", () => {
    let array: unknown[] = [];
    let map = new Map<unknown, unknown>();
    let child: object = {};
    for (let n = 0; n < 10_000; n++) {
      array = [array];
      map = new Map([[map, map]]);
      child = Object.create(child) as object;
    }
    through({ array, map, child });
    let depth = 0;
    for (let at: object | null = through(child); at !== null; at = Object.getPrototypeOf(at)) depth++;
    expect(depth).toBe(10_002);
  });
});

describe("objects", () => {
  it("keeps symbol keys, the order of keys, and a key called __proto__", () => {
    const key = Symbol("key");
    const value = { b: 1, a: 2, [key]: 3, 10: 4, 9: 5, ["__proto__"]: { x: 1 }, key };
    const read = through(value);
    expect(Object.keys(read)).toEqual(Object.keys(value));
    expect((read as Record<symbol, unknown>)[read.key]).toBe(3);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.hasOwn(read, "__proto__")).toBe(true);
  });

  it("keeps attributes and accessors", () => {
    const value = Object.defineProperties(
      {},
      {
        hidden: { value: 1, enumerable: false, writable: true, configurable: true },
        readonly: { value: 2, enumerable: true, writable: false, configurable: true },
        locked: { value: 3, enumerable: true, writable: true, configurable: false },
        getter: { get: Math.random, configurable: true },
        setter: { set: Math.abs as never, enumerable: true },
        neither: { get: undefined, set: undefined } as unknown as PropertyDescriptor,
      },
    );
    expect(own(through(value))).toEqual(own(value));
  });

  it("keeps frozen, sealed and non-extensible", () => {
    const frozen = through(Object.freeze({ a: 1, b: Object.freeze([1, 2]) }));
    expect([Object.isFrozen(frozen), Object.isFrozen(frozen.b), frozen]).toEqual([true, true, { a: 1, b: [1, 2] }]);
    const sealed = through(Object.seal({ a: 1 }));
    expect([Object.isSealed(sealed), Object.isFrozen(sealed)]).toEqual([true, false]);
    const closed = through(Object.preventExtensions({ a: 1, b: [1] }));
    expect([Object.isExtensible(closed), Object.isSealed(closed), closed]).toEqual([false, false, { a: 1, b: [1] }]);
    // biome-ignore lint/suspicious/noSparseArray: a hole is part of the case
    expect(Object.isFrozen(through(Object.freeze([1, , 3])))).toBe(true);
    const getter = Object.freeze(Object.defineProperty({}, "a", { get: Math.random, configurable: true }));
    expect(own(through(getter))).toEqual(own(getter));
  });

  it("keeps null prototypes and prototypes that are objects", () => {
    const parent = { inherited: 1 };
    const value = through({ none: Object.create(null), child: Object.create(parent, { x: { value: 1 } }), parent });
    expect(Object.getPrototypeOf(value.none)).toBe(null);
    expect(Object.getPrototypeOf(value.child)).toBe(value.parent);
    expect(value.child.inherited).toBe(1);
  });

  it("keeps intrinsics by path", () => {
    const value = { get: Map.prototype.get, math: Math, log: Math.log, tag: Object.getPrototypeOf(Uint8Array) };
    expect(through(value)).toEqual(value);
    expect(text(Map.prototype.get)).toContain('{"$":"#","p":"Map.prototype.get"}');
  });
});

describe("arrays", () => {
  it("keeps holes, length, extra properties and attributes", () => {
    // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
    const value = Object.assign([1, , undefined, 3, ,], { extra: 1 });
    const read = through(value);
    expect(own(read)).toEqual(own(value));
    expect(read).toHaveLength(5);
    const odd: unknown[] = [1, 2, 3];
    Object.defineProperty(odd, 1, { get: Math.random });
    Object.defineProperty(odd, "length", { writable: false });
    expect(own(through(odd))).toEqual(own(odd));
  });

  it("keeps a sparse array small", () => {
    const value: unknown[] = [];
    value[1_000_000] = "far";
    expect(text(value).length).toBeLessThan(100);
    expect(own(through(value))).toEqual(own(value));
  });

  it("keeps arguments objects", () => {
    function args(..._: unknown[]): IArguments {
      // biome-ignore lint/complexity/noArguments: they are what is tested
      return arguments;
    }
    const value = args(1, { a: 2 });
    const read = through(value);
    expect(Object.prototype.toString.call(read)).toBe("[object Arguments]");
    expect([...read]).toEqual([1, { a: 2 }]);
    expect(Reflect.ownKeys(read)).toEqual(Reflect.ownKeys(value));
    expect(own(read).length).toEqual(own(value).length);
  });
});

describe("built-in objects", () => {
  it("keeps dates, also an invalid one", () => {
    const value = through({ date: new Date(1e12), invalid: new Date(Number.NaN) });
    expect(value.date.getTime()).toBe(1e12);
    expect(value.invalid.getTime()).toBeNaN();
  });

  it("keeps expressions with their position", () => {
    const sticky = /a(?<n>b)/giy;
    sticky.lastIndex = 3;
    const value = through(Object.assign(sticky, { own: 1 }));
    expect([value.source, value.flags, value.lastIndex, value.own]).toEqual(["a(?<n>b)", "giy", 3, 1]);
  });

  it("keeps maps and sets with object keys, order and cycles", () => {
    const key = { k: 1 };
    const map = new Map<unknown, unknown>([
      [key, "object"],
      [Number.NaN, "nan"],
      [undefined, 1],
      ["z", 2],
    ]);
    map.set("self", map);
    const set = new Set<unknown>([3, key, map, undefined]);
    const value = through({ key, map, set });
    expect(value.map.get(value.key)).toBe("object");
    expect([...value.map.keys()].slice(1)).toEqual([Number.NaN, undefined, "z", "self"]);
    expect(value.map.get("self")).toBe(value.map);
    expect([...value.set]).toEqual([3, value.key, value.map, undefined]);
  });

  it("keeps errors: message, stack, cause, errors, own properties", () => {
    const error = Object.assign(new TypeError("bad", { cause: new RangeError("deep") }), { code: "E" });
    const read = through(error);
    expect(read).toBeInstanceOf(TypeError);
    expect(own(read)).toEqual({ ...own(error), cause: { ...own(error).cause, value: (read as Error).cause } });
    expect((read.cause as Error).message).toBe("deep");
    expect(Reflect.ownKeys(read)).toEqual(Reflect.ownKeys(error));
    expect(Object.prototype.toString.call(read)).toBe("[object Error]");
    const all = through(new AggregateError([error, 1], "all"));
    expect([all.errors.length, all.message, all.errors[0].code]).toEqual([2, "all", "E"]);
    const bare = new Error("no stack");
    delete bare.stack;
    expect(Object.hasOwn(through(bare), "stack")).toBe(false);
  });

  it("keeps boxed primitives", () => {
    const symbol = Symbol("s");
    const value = through([Object("abc"), Object(1), Object(true), Object(symbol), Object(5n), symbol] as unknown[]);
    expect(value.slice(0, 3).map((box) => (box as object).valueOf())).toEqual(["abc", 1, true]);
    expect((value[3] as object).valueOf()).toBe(value[5]);
    expect((value[4] as object).valueOf()).toBe(5n);
    expect(Object.keys(through(Object.assign(Object("ab"), { x: 1 })))).toEqual(["0", "1", "x"]);
  });

  it("keeps buffers that views share", () => {
    const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    const value = through({
      bytes: new Uint8Array(buffer, 2, 4),
      words: new Uint16Array(buffer),
      view: new DataView(buffer, 1, 3),
      floats: new Float64Array([1.5, -0, Number.NaN]),
      big: new BigInt64Array([-1n]),
      buffer,
    });
    value.bytes[0] = 99;
    expect([...value.bytes]).toEqual([99, 4, 5, 6]);
    expect(value.words[1]).toBe(99 + 4 * 256);
    expect([value.view.byteOffset, value.view.byteLength, value.view.getUint8(1)]).toEqual([1, 3, 99]);
    expect(value.view.buffer).toBe(value.buffer);
    expect([...value.floats]).toEqual([1.5, -0, Number.NaN]);
    expect(value.big[0]).toBe(-1n);
    expect(through(Object.assign(new Uint8Array(2), { own: 1 })).own).toBe(1);
    for (const length of [0, 1, 2, 3, 4, 5, 299]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + 250) & 255);
      expect(through(bytes)).toEqual(bytes);
      expect(text(bytes)).toContain(`"b":"${Buffer.from(bytes).toString("base64")}"`);
    }
  });

  it("keeps resizable buffers and views that follow their length", () => {
    const Resizable = ArrayBuffer as new (length: number, options: object) => ArrayBuffer & { resize(n: number): void };
    const buffer = new Resizable(16, { maxByteLength: 32 });
    const value = through({ follows: new Uint8Array(buffer), fixed: new Uint8Array(buffer, 0, 16), buffer });
    value.buffer.resize(32);
    expect([value.follows.length, value.fixed.length]).toEqual([32, 16]);
    const short = new Resizable(16, { maxByteLength: 32 });
    const views = {
      outside: new Uint16Array(short, 8, 4),
      tail: new DataView(short, 4),
      all: new Uint16Array(short, 2, 7),
      short,
    };
    short.resize(8);
    const read = through(views);
    expect([read.outside.length, read.tail.byteLength, read.all.length, read.short.byteLength]).toEqual([0, 4, 0, 8]);
    read.short.resize(16);
    expect([read.outside.length, read.tail.byteLength, read.all.length]).toEqual([4, 12, 7]);
  });

  it("keeps Intl objects", () => {
    const value = through(new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }));
    expect(value.format(1234.5)).toBe(
      new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234.5),
    );
    const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
    expect(through(date).format(0)).toBe(date.format(0));
  });

  it("keeps subclassed built-ins that are roots", () => {
    class List extends Array {}
    class Table extends Map<number, number> {}
    class Fault extends Error {
      code = 7;
    }
    class Moment extends Date {}
    class Bytes extends Uint8Array {}
    const roots = { List, Table, Fault, Moment, Bytes };
    const withRoots = new Image({ roots });
    const value = {
      list: List.from([1, 2]),
      table: new Table([[1, 2]]),
      fault: new Fault("f"),
      moment: new Moment(5),
      bytes: new Bytes(3),
    };
    const read = decode(encode({ value }, withRoots), withRoots).value as typeof value;
    expect(read.list).toBeInstanceOf(List);
    expect([Array.isArray(read.list), read.list.length]).toEqual([true, 2]);
    expect([read.table instanceof Table, read.table.get(1)]).toEqual([true, 2]);
    expect([read.fault instanceof Fault, read.fault.code, read.fault.message]).toEqual([true, 7, "f"]);
    expect([read.moment instanceof Moment, read.moment.getTime()]).toEqual([true, 5]);
    expect([read.bytes instanceof Bytes, read.bytes.length]).toEqual([true, 3]);
  });

  it("keeps objects that only inherit from a built-in's prototype as what they are", () => {
    const value = through({ map: Object.create(Map.prototype), date: Object.create(Date.prototype) });
    expect(() => value.map.size).toThrow(TypeError);
    expect(value.date).toBeInstanceOf(Date);
  });

  it("keeps the target of a WeakRef", () => {
    const target = { t: 1 };
    const value = through({ ref: new WeakRef(target), target });
    expect(value.ref.deref()).toBe(value.target);
  });
});

describe("what cannot be saved", () => {
  const failure = (value: unknown) => {
    try {
      text(value);
    } catch (error) {
      return error as { code: string; path: string; message: string };
    }
    return undefined;
  };

  it("is reported with the way to it", () => {
    expect(failure({ list: [1, { client: new SharedArrayBuffer(1) }] })).toMatchObject({
      code: "KWF_UNSERIALIZABLE",
      path: "list[1].client -> SharedArrayBuffer",
    });
    expect(failure({ f: () => 1 })?.message).toContain("function made outside compiled code");
    expect(failure(new Map([["key", Promise.resolve()]]))?.path).toBe("key -> native promise");
    expect(failure([[][Symbol.iterator]()])?.path).toMatch(/^\[0\] -> built-in iterator/);
  });
});

describe("reading", () => {
  it("names the root that is missing", () => {
    const missing = text(Math.abs).replace("Math.abs", "Math.absent");
    expect(() => decode(missing, image)).toThrow(expect.objectContaining({ code: "KWF_ROOT_MISSING" }));
  });

  it("names a built-in of another Node", () => {
    const message = "the saved state holds an object of Temporal.Absent, which does not exist here";
    const held = text(new Date(0)).replace('"Date"', '"Temporal.Absent"');
    expect(() => decode(held, image)).toThrow(expect.objectContaining({ code: "KWF_ROOT_MISSING", message }));
  });

  it("says that a text is not a state", () => {
    expect(() => decode("{", image)).toThrow(expect.objectContaining({ code: "KWF_STATE_UNREADABLE" }));
    expect(() => decode('{"$":"K","value":{"$":"non sense"}}', image)).toThrow(/non sense/);
  });
});
