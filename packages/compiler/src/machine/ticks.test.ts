import { expect, test } from "vitest";
import { trace } from "../../test/machine/harness.js";

/** Programs whose order of jobs is compared: each runs beside a task that counts jobs. */
const tasks: Record<string, string> = {
  return: `async function work() { return 1; }`,
  "return await": `async function work() { return await 1; }`,
  "return a promise": `async function work() { return Promise.resolve(1); }`,
  "return an awaited promise": `async function work() { return await Promise.resolve(1); }`,
  nested: `async function inner() { return 1; } async function work() { return await inner(); }`,
  "returned call": `async function inner() { return 1; } async function work() { return inner(); }`,
  thenable: `async function work() { return await { then(r) { r(1); } }; }`,
  "for await over a sync iterable": `async function work() { for await (const x of [1, 2]) log("x", x); }`,
  "for await over an async generator": `async function* source() { yield 1; yield 2; } async function work() { for await (const x of source()) log("x", x); }`,
  "break out of for await": `async function* source() { try { yield 1; yield 2; } finally { log("closed"); } } async function work() { for await (const x of source()) { log("x", x); break; } }`,
  "async generator returns": `async function* source() { return 1; } async function work() { const it = source(); log(await it.next()); log(await it.next()); }`,
  "async generator is returned": `async function* source() { try { yield 1; } finally { log("f"); } } async function work() { const it = source(); log(await it.next()); log(await it.return(5)); }`,
  "yield*": `async function* inner() { yield 1; return 2; } async function* source() { return yield* inner(); } async function work() { for await (const x of source()) log("x", x); }`,
  "yield* of a sync iterable": `async function* source() { yield* [1, 2]; } async function work() { for await (const x of source()) log("x", x); }`,
  "yield in finally while returning": `async function* source() { try { yield 1; } finally { yield 2; } } async function work() { const it = source(); log(await it.next(), await it.return(3), await it.next()); }`,
};

test.each(Object.entries(tasks))("takes as many jobs as native code: %s", async (_, task) => {
  const source = `${task}
    function main() {
      let job = 0;
      const count = () => { log("job", ++job); if (job < 25) return Promise.resolve().then(count); };
      return Promise.all([work().then((value) => log("done", value)), Promise.resolve().then(count)]);
    }`;
  expect(await trace(source, true)).toEqual(await trace(source, false));
});
