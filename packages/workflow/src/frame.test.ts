import { describe, expect, it } from "vitest";
import { RuntimeRealm } from "../test/workflow-realm.js";

/** What Node does: fixtures, so that this holds on every release. */
async function native(): Promise<unknown[]> {
  const log: unknown[] = [];
  const inner = async () => "inner";
  const watch = (name: string, promise: Promise<unknown>) => promise.then(() => log.push(name));
  let chain = Promise.resolve();
  for (let i = 0; i < 8; i++) chain = chain.then(() => void log.push(i));
  watch("return", (async () => 1)());
  watch("return await", (async () => await 1)());
  watch("return promise", (async () => Promise.resolve(1))());
  watch("await call", (async () => await inner())());
  watch("return call", (async () => inner())());
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  watch("await thenable", (async () => await { then: (resolve: (value: unknown) => void) => resolve(1) })());
  await new Promise((resolve) => setImmediate(resolve));
  return log;
}

describe("frames", () => {
  it("take as many ticks as Node's async functions", async () => {
    const log = new RuntimeRealm().log(`
      const inner = coroutine(1, [() => done("inner")]);
      const watch = (name, promise) => promise.then(() => log.push(name));
      let chain = Promise.resolve();
      for (let i = 0; i < 8; i++) chain = chain.then(() => void log.push(i));
      watch("return", coroutine(2, [() => done(1)])());
      watch("return await", coroutine(3, [() => 1, (x, v) => done(v)])());
      watch("return promise", coroutine(4, [() => done(Promise.resolve(1))])());
      watch("await call", coroutine(5, [() => inner(), (x, v) => done(v)])());
      watch("return call", coroutine(6, [() => done(inner())])());
      watch("await thenable", coroutine(7, [() => ({ then: (resolve) => resolve(1) }), (x, v) => done(v)])());
    `);
    expect(log).toEqual(await native());
  });

  it("throw at the await what the promise was rejected with, and what looking at the value throws", () => {
    const log = new RuntimeRealm().log(`
      const f = coroutine(1, [
        () => Promise.reject("rejected"), undefined,
        (x, e) => { log.push(e); return go(3); },
        () => Object.defineProperty(Promise.resolve(), "constructor", { get() { throw "looked at"; } }),
        undefined,
        (x, e) => { log.push(e); return done("end"); },
      ], { 1: 2, 3: 5, 4: 5 });
      f().then((v) => log.push(v));
    `);
    expect(log).toEqual(["rejected", "looked at", "end"]);
  });

  it("await an instance of a subclass through its own then", () => {
    const log = new RuntimeRealm().log(`
      class Mine extends Promise { then(...handlers) { log.push("then"); return super.then(...handlers); } }
      coroutine(1, [() => Mine.resolve(7), (x, v) => done(log.push(v))])();
    `);
    expect(log).toEqual(["then", 7]);
  });
});
