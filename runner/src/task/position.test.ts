import { expect, test } from "vitest";
import { isReserved } from "../threads/changelog.js";
import { decodePosition, encodePosition, firstPosition, POSITION_KEY } from "./position.js";

test("comes back as it was, and lies where no thread can lie", () => {
  const position = firstPosition(4, { in: 17 }, { in: "topic" });
  expect(decodePosition(Buffer.from(encodePosition(position)), "c-0")).toEqual(position);
  expect(isReserved(Buffer.from(POSITION_KEY))).toBe(true);
});

test("every changelog partition that begins gets an incarnation of its own", () => {
  expect(firstPosition(1, {}).incarnation).not.toBe(firstPosition(1, {}).incarnation);
});

test.each([
  "",
  "null",
  "[]",
  '{"format":2,"incarnation":"a","partitions":1,"next":{}}',
  '{"format":1,"incarnation":1,"partitions":1,"next":{}}',
  '{"format":1,"incarnation":"a","partitions":1,"next":{"in":"5"}}',
  '{"format":1,"incarnation":"a","partitions":1,"next":{"in":5},"ids":{"in":5}}',
])("refuses %j, with the place", (text) => {
  expect(() => decodePosition(Buffer.from(text), "c-0")).toThrow(
    expect.objectContaining({ code: "changelog-foreign", message: expect.stringContaining("c-0") }),
  );
});
