import { beforeEach, describe, expect, it } from "vitest";
import "./combinators.js";
import { decode, encode } from "./codec/codec.js";
import { Image } from "./codec/image.js";
import { drain } from "./jobs.js";
import { Promise as DurablePromise } from "./promise.js";
import { clearRejections, promiseState, unhandledRejections } from "./promise-state.js";

const P = DurablePromise as unknown as PromiseConstructor;

/** Runs `body` with the durable Promise, then with Node's; both must leave the same log. */
async function likeNode(body: (P: PromiseConstructor, log: (entry: unknown) => void) => void): Promise<unknown[]> {
  const durable: unknown[] = [];
  body(P, (entry) => durable.push(entry));
  drain();
  const native: unknown[] = [];
  body(Promise, (entry) => native.push(entry));
  await new Promise((resolve) => setImmediate(resolve));
  expect(durable).toEqual(native);
  return durable;
}

beforeEach(clearRejections);

describe("Promise", () => {
  it("orders reactions, thenables and following as Node does", async () => {
    await likeNode((P, log) => {
      const thenable = {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then(resolve: (value: string) => void) {
          log("then called");
          resolve("thenable");
        },
      };
      P.resolve(thenable).then(log);
      const inner = P.resolve("inner");
      new P((resolve) => resolve(inner)).then(log);
      P.resolve()
        .then(() => inner)
        .then(() => log("returned"));
      let chain = P.resolve();
      for (let i = 0; i < 8; i++) chain = chain.then(() => log(i));
      P.reject("no")
        .catch((reason) => log(`caught ${reason}`))
        .finally(() => log("finally"))
        .then(() => log("after"));
    });
  });

  it("orders combinators as Node does", async () => {
    await likeNode((P, log) => {
      const later = <T>(n: number, value: T): Promise<T> =>
        n === 0 ? P.resolve(value) : P.resolve().then(() => later(n - 1, value));
      P.all([later(3, 1), 2, later(1, 3)]).then((values) => log(values.join()));
      P.race([later(3, 1), later(2, 2)]).then((value) => log(`race ${value}`));
      P.any([P.reject(1), later(2, "any")]).then(log);
      P.allSettled([P.reject(1), later(2, 2)]).then((results) => log(JSON.stringify(results)));
      P.any([P.reject(1)]).catch((error) => log([error.name, error.message, ...error.errors].join()));
      P.all([]).then(() => log("empty"));
      let chain = P.resolve();
      for (let i = 0; i < 9; i++) chain = chain.then(() => log(i));
    });
  });

  it("can be subclassed, and gives subclass instances from then", () => {
    class Mine<T> extends P<T> {
      tag = "mine";
    }
    const mine = Mine.resolve(1).then((n) => n + 1) as Mine<number>;
    expect(mine).toBeInstanceOf(Mine);
    expect(mine.tag).toBe("mine");
    const all = Mine.all([mine, 2]);
    expect(all).toBeInstanceOf(Mine);
    const log: unknown[] = [];
    all.then((values) => log.push(values));
    drain();
    expect(log).toEqual([[2, 2]]);
  });

  it("has a ledger of rejections until somebody handles them", () => {
    const lost = P.reject(1);
    const late = P.reject(2);
    P.reject(3).catch(() => {});
    drain();
    expect(unhandledRejections()).toEqual([lost, late]);
    late.then(undefined, () => {});
    expect(unhandledRejections()).toEqual([lost]);
  });

  it("does not notice patched built-ins", () => {
    const log: unknown[] = [];
    const { push, [Symbol.iterator]: iterator } = Array.prototype;
    const { call } = Function.prototype;
    try {
      Array.prototype.push = Function.prototype.call = () => {
        throw new Error("patched");
      };
      P.all([P.resolve(1), 2]).then((values) => (log[log.length] = values));
      drain();
    } finally {
      Array.prototype.push = push;
      Array.prototype[Symbol.iterator] = iterator;
      Function.prototype.call = call;
    }
    expect(log).toEqual([[1, 2]]);
  });
});

describe("a saved promise", () => {
  const image = new Image({ roots: { Promise: P } });
  const through = <T>(value: T): T => decode(encode({ value }, image), image).value as T;
  const outcome = (promise: Promise<unknown>): unknown => {
    const log: unknown[] = [];
    promise.then(
      (value) => log.push("fulfilled", value),
      (reason) => log.push("rejected", reason),
    );
    drain();
    return log;
  };

  it("keeps its outcome, its own properties and its class", () => {
    const promise = Object.assign(P.resolve({ n: 1 }), { own: 2 });
    const read = through(promise);
    expect(read).not.toBe(promise);
    expect(read).toBeInstanceOf(P);
    expect(read.own).toBe(2);
    expect(outcome(read)).toEqual(["fulfilled", { n: 1 }]);
    const rejected = P.reject("no");
    rejected.catch(() => {});
    expect(outcome(through(rejected))).toEqual(["rejected", "no"]);
    expect(promiseState(through(P.reject(1)))?.handled).toBe(false);
    expect(promiseState(through(rejected))?.handled).toBe(true);
  });

  it("keeps its resolving functions, and settles once", () => {
    const { promise, resolve, reject } = P.withResolvers<number>();
    const read = through({ promise, resolve, reject });
    read.resolve(1);
    read.reject(2);
    expect(outcome(read.promise)).toEqual(["fulfilled", 1]);
  });

  it("keeps what waits for it, in order", () => {
    const first = P.withResolvers<number>();
    const second = P.withResolvers<number>();
    const all = P.all([second.promise, first.promise, P.resolve(3).finally(() => {})]);
    const race = P.race([first.promise, second.promise]);
    const followed = new P((resolve) => resolve(first.promise));
    drain();
    const read = through({ first: first.resolve, second: second.resolve, all, race, followed });
    read.first(1);
    drain();
    read.second(2);
    expect(outcome(read.all)).toEqual(["fulfilled", [2, 1, 3]]);
    expect(outcome(read.race)).toEqual(["fulfilled", 1]);
    expect(outcome(read.followed)).toEqual(["fulfilled", 1]);
  });

  it("keeps elements with a then of their own", () => {
    let settle: ((value: number) => void) | undefined;
    const all = P.all([
      {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then(resolve: (value: number) => void) {
          settle = resolve;
        },
      },
      5,
    ]);
    drain();
    const read = through({ all, settle: settle! });
    read.settle(4);
    expect(outcome(read.all)).toEqual(["fulfilled", [4, 5]]);
  });
});
