import { rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, expect, test } from "vitest";
import { DrivenClock, drivenClock } from "./clock.js";
import { Settings } from "./settings/settings.js";
import { TestClock } from "./testing/cluster.js";

const driver = new TestClock(new Date("2030-01-31T10:00:00Z"));
afterAll(() => driver.close());
afterEach(() => {
  driver.now = Date.UTC(2030, 0, 31, 10);
});

test("nobody drives the clock who was not told to", () => {
  expect(drivenClock(new Settings({}, {}))).toBeUndefined();
});

test("it stands still until it is moved, and jumps then", () => {
  const clock = drivenClock(new Settings({}, driver.environment))!;
  expect(new Date(clock.now()).toISOString()).toBe("2030-01-31T10:00:00.000Z");
  driver.advance(1_000);
  expect(clock.now()).toBe(driver.now);
  expect(() => driver.advance(0.5)).toThrow("a time is in whole milliseconds since 1970, got 1896084001000.5");
});

test("a person may write the time too; while it is being written, the last one counts", () => {
  const clock = new DrivenClock(driver.file);
  writeFileSync(driver.file, "2031-01-01T00:00:00Z\n");
  expect(clock.now()).toBe(Date.UTC(2031, 0, 1));
  for (const text of ["", "2032-", "soon"]) {
    writeFileSync(driver.file, text);
    expect(clock.now()).toBe(Date.UTC(2031, 0, 1));
  }
  rmSync(driver.file);
  expect(clock.now()).toBe(Date.UTC(2031, 0, 1));
});

test("a file without a time is refused at the beginning", () => {
  writeFileSync(driver.file, "soon");
  expect(() => drivenClock(new Settings({}, driver.environment))).toThrow(/^clock is ".*", expected a file that holds/);
});

test("a delay counts from when its timer was set; from now, if a workflow did not set it", () => {
  const clock = new DrivenClock(driver.file);
  const [name, value] = clock.header(17);
  expect(
    clock.setAt([
      ["traceparent", Buffer.from("x")],
      [name, Buffer.from(value)],
    ]),
  ).toBe(17);
  expect(clock.setAt([])).toBe(driver.now);
});
