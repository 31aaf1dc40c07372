import { describe, expect, test } from "vitest";
import { built, deployed, started } from "./move-kit.js";

const SHOP = `
export const manifest = { onError: "bugs" as const };
export default async function main(order: any) {
  const price = total(order);
  const paid = await W.refId<any>("pay");
  return { price, paid, tax: tax(price) };
}
function total(order: any) { return order.items.length * 10; }
function tax(price: number) { return price / 10; }
`;

describe("a thread moves by itself", () => {
  test("where the change was in a function that it only calls", async () => {
    const t = await started(SHOP, { items: [1, 2] });
    await deployed(t, SHOP.replace("price / 10", "price / 5"));
    t.resume("pay", true);
    expect(t.result()).toEqual({ price: 20, paid: true, tax: 4 });
  });

  test("with its next step, and says so", async () => {
    const twice = SHOP.replace("return { price", 'await W.refId("ship"); return { price');
    const t = await started(twice, { items: [] });
    const hash = await deployed(t, twice.replace("price / 10", "price / 5"));
    expect(t.bundleOf()).not.toBe(hash);
    t.resume("nothing of that name");
    expect(t.bundleOf()).not.toBe(hash);
    const [status] = t.resume("pay", 1);
    expect(JSON.parse(status!.value!)).toMatchObject({ state: "running", bundle: hash });
    expect(t.bundleOf()).toBe(hash);
    t.resume("ship");
    expect(t.status()).toBe("completed");
  });

  test.each([
    ["comments and lines", (text: string) => text.replace("const paid", "// what we got\n\n  const paid")],
    [
      "code before it",
      (text: string) =>
        `const first = () => async () => { await W.ref(); };\n${text.replace("return {", "first(); return {")}`,
    ],
  ])("or not: %s", async (what, change) => {
    const t = await started(SHOP, { items: [1] });
    const hash = await deployed(t, change(SHOP));
    t.resume("pay", new Array(1));
    const moved = what === "comments and lines";
    expect(t.outputs("workflow-status").map(({ value }) => JSON.parse(value!).bundle === hash)).toEqual([false, moved]);
  });

  test("with what it has changed of its module's variables and objects", async () => {
    const text = `
      let count = 0;
      const seen = new Map<string, number>();
      class Basket { items: string[] = []; add(item: string) { this.items.push(item); return this; } }
      const basket = new Basket();
      export default async function main(input: number) {
        count += input;
        seen.set("a", count);
        basket.add("apple");
        const held = { seen, add: (n: number) => n + count, basket: new Basket().add("pear"), list: [basket] };
        await W.refId("go");
        return [count, seen.get("a"), held.add(1), held.seen === seen, held.basket instanceof Basket, held.list[0]!.items, unused()];
      }
      function unused() { return "old"; }`;
    const t = await started(text, 5);
    await deployed(t, `const zero = { seen: 1 };\n${text.replace('"old"', '[zero, "new"].length')}`);
    t.resume("go");
    expect(t.result()).toEqual([5, 5, 6, true, true, ["apple"], 2]);
    expect(new Set(t.outputs("workflow-status").map(({ value }) => JSON.parse(value!).bundle)).size).toBe(2);
  });

  test("with closures, generators, classes and promises in flight", async () => {
    const text = `
      export default async function main() {
        let n = 1;
        const log: unknown[] = [];
        function* numbers() { while (true) { const more = yield n++; log.push(more); } }
        const g = numbers();
        g.next();
        class Point { #x = n; get x() { return this.#x; } move = () => { this.#x++; }; }
        const p = new Point();
        const later = Promise.all([W.refId("a"), (async () => { try { return await W.refId("b"); } finally { log.push("done"); } })()]);
        const keep = { p, g, bound: p.move.bind(null), map: new Map([[p, "p"]]) };
        const got = await later;
        keep.bound();
        return [got, keep.p.x, keep.g.next("m").value, log, keep.map.get(p), keep.p instanceof Point, helper()];
      }
      const helper = () => 1;`;
    const t = await started(text);
    await deployed(
      t,
      `async function* zero() { yield () => 1; class A { #y = 1; b() { return this.#y; } } return new A(); }\n${text.replace("() => 1;", "() => [zero].length + 1;")}`,
    );
    t.resume("b", 2);
    expect(t.bundleOf()).toBe(t.bundle.hash);
    t.resume("a", 1);
    expect(t.result()).toEqual([[1, 2], 3, 2, ["done", "m"], "p", true, 2]);
  });
});

describe("modules that a thread evaluates on its way", () => {
  const files = (more: string, rate: string) => ({
    "index.ts": `export default async function main() {
        const { rates, grow } = await import("./rates.js");
        const held = rates;
        grow();
        const got = await W.refId("pay");
        return [held.eur, rates === held, tax(), got];
      }
      function tax() { return ${more}; }`,
    "rates.ts": `export const rates = { eur: ${rate} }; export const grow = () => { rates.eur += 1; };`,
  });

  test("go along, where they are the same", async () => {
    const t = await started(files("1", "5"));
    await deployed(t, files("2", "5"));
    t.resume("pay", 3);
    expect(t.result()).toEqual([6, true, 2, 3]);
  });

  test("keep it, where they have changed; kwf move carries it", async () => {
    const t = await started(files("1", "5"));
    const home = t.bundleOf();
    await deployed(t, files("2", "7"));
    t.resume("nothing", 3);
    expect(t.bundleOf()).toBe(home);
    t.move();
    t.resume("pay", 3);
    expect(t.result()).toEqual([6, true, 2, 3]);
  });
});

describe("a thread stays", () => {
  const stays = async (before: string, after: string, input?: unknown) => {
    const t = await started(before, input);
    const home = t.bundleOf();
    t.deploy(await built(after));
    t.resume("pay", 1);
    expect(t.outputs("workflow-status").map(({ value }) => JSON.parse(value!).bundle)).toEqual([home, home]);
    return t;
  };

  test("where the function it waits in was changed", async () => {
    const t = await stays(SHOP, SHOP.replace("tax: tax(price)", "tax: 0"), { items: [1] });
    expect(t.result()).toEqual({ price: 10, paid: 1, tax: 1 });
  });

  test("where a function that it holds was changed", async () => {
    const text = SHOP.replace("const paid", "const later = tax; const paid").replace("tax: tax", "tax: later");
    await stays(text, text.replace("price / 10", "price / 5"), { items: [] });
  });

  test("where an object of a module that it holds was declared anew", async () => {
    const text = `const rates = { eur: 1 };\n${SHOP.replace("const paid", "const all = rates; const paid").replace("price,", "price, all,")}`;
    await stays(text, text.replace("eur: 1", "eur: 2"), { items: [] });
  });

  test("where an inner function captures more of it", async () => {
    const text = SHOP.replace("const paid", "const f = () => 1; const paid");
    await stays(text, text.replace("() => 1", "() => price"), { items: [] });
  });

  test("where a variable that it has changed was declared anew", async () => {
    const text = `let hits = 0;\nexport const of = () => hits;\n${SHOP.replace("const paid", "hits++; const paid")}`;
    await stays(text, text.replace("hits = 0", "hits: any = { n: 0 }"), { items: [] });
  });

  test("where a class was changed that the class of one of its objects extends", async () => {
    const text = `class B { x = 1; }\nclass M extends B {}\nclass P extends M {}\n${SHOP.replace("const paid", "const p = new P(); const paid")}`;
    await stays(text, text.replace("x = 1;", "x = 1; y = 2;"), { items: [] });
    const inside = SHOP.replace(
      "const paid",
      "const p = (() => { class Q extends B {} return new Q(); })(); const paid",
    );
    await stays(`class B {}\n${inside}`, `class B { y = 1; }\n${inside}`, { items: [] });
  });

  test("where a class of one of its objects was changed", async () => {
    const text = `class P { x = 1; get y() { return 1; } }\n${SHOP.replace("const paid", "const p = new P(); const paid")}`;
    await stays(text, text.replace("return 1;", "return 2;"), { items: [] });
  });
});
