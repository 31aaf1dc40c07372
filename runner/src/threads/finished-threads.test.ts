import { expect, test } from "vitest";
import { FinishedThreads } from "./finished-threads.js";

test("what a look found is forgotten in turns", () => {
  const finished = new FinishedThreads();
  finished.look();
  finished.found(Array.from({ length: 700 }, (_, n) => `t${n}`));
  expect(finished.due).toBe(true);
  const first = finished.next();
  expect(first).toHaveLength(500);
  expect(finished.next()).toEqual(first);
  finished.done(first);
  expect(finished.next()).toHaveLength(200);
  finished.done(finished.next());
  expect(finished.due).toBe(false);
});

test("a thread for which a record came since the look began is kept", () => {
  const finished = new FinishedThreads();
  finished.look();
  finished.ran("during");
  finished.found(["during", "after", "never"]);
  finished.ran("after");
  expect(finished.next()).toEqual(["never"]);
});

test("what was found for the life of a task before is nothing in this one", () => {
  const finished = new FinishedThreads();
  finished.look();
  finished.found(["before"]);
  finished.reset();
  expect(finished.due).toBe(false);
  finished.look();
  finished.reset();
  finished.found(["begun before"]);
  expect(finished.due).toBe(false);
});
