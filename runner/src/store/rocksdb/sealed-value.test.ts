import { expect, test } from "vitest";
import { seal, unseal } from "./sealed-value.js";

const key = Buffer.from("tkey");

test("a sealed value comes back, the empty one too", () => {
  for (const value of [Buffer.from("value"), Buffer.of()]) expect(unseal(key, seal(key, value))).toEqual(value);
});

test("any changed bit, any cut and another key are noticed", () => {
  const sealed = seal(key, Buffer.from("value"));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(unseal(key, changed)).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length++)
    expect(unseal(key, sealed.subarray(0, length))).toBeUndefined();
  expect(unseal(Buffer.from("tkez"), sealed)).toBeUndefined();
});
