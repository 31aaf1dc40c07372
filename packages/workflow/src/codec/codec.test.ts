import { describe, expect, it } from "vitest";
import { decode, encode } from "./codec.js";
import { Image } from "./image.js";

const image = new Image();
const through = <T>(value: T): T => decode(encode({ value }, image), image).value as T;

describe("plain values", () => {
  it("keeps primitives JSON has no word for", () => {
    const values = [undefined, null, -0, 0, Number.NaN, Infinity, -Infinity, 12n, "", "x", true, 1.5];
    expect(through(values)).toStrictEqual(values);
    expect(Object.is(through({ a: -0 }).a, -0)).toBe(true);
  });
  it("keeps identity and cycles", () => {
    const a: Record<string, unknown> = { n: 1 };
    a.self = a;
    a.list = [a, a];
    const b = through(a);
    expect(b.self).toBe(b);
    expect((b.list as unknown[])[1]).toBe(b);
  });
});
