import { describe, expect, test } from "vitest";
import { body, built, carried, deployed, refused, started } from "./move-kit.js";

// What becomes of the objects that a thread holds, when their class or the module that they are of was changed.

describe("an object of a class with another field", () => {
  const cart = (field: string, more = "") =>
    `class Cart { items = ["a"]; ${field} constructor(readonly name: string) { ${more} } }\nclass Sub extends Cart {}\n${body(
      'const held = [new Cart("c"), new Sub("s")]; await W.refId("go"); return held.map((one: any) => [one.name, one.note, one.items]);',
    )}`;
  const CART = "index.ts:Cart";

  test("gets a literal, and nothing where it is declared without a value", async () => {
    const t = await carried(cart(""), cart('note = "none";'));
    t.resume("go");
    expect(t.result()).toEqual([
      ["c", "none", ["a"]],
      ["s", "none", ["a"]],
    ]);
    const bare = await carried(cart(""), cart("note?: string;"));
    bare.resume("go");
    expect(bare.result()).toEqual([
      ["c", null, ["a"]],
      ["s", null, ["a"]],
    ]);
  });

  test("one that has to be computed is refused, unless the map says it", async () => {
    for (const after of [cart("note = this.name + 1;"), cart("note: any;", "this.note = name + 1;")])
      expect(await refused(cart(""), after)).toContain(
        `objects of ${CART} are held, and note is new in it: a map says what it was called ("locals") or what it is ("values")`,
      );
    const t = await carried(cart(""), cart("note = this.name + 1;"), {
      values: { [CART]: { note: 1 }, "index.ts:Sub": { note: 2 } },
    });
    t.resume("go");
    expect(t.result()).toEqual([
      ["c", 1, ["a"]],
      ["s", 2, ["a"]],
    ]);
  });

  test("one that may be an old one under another name", async () => {
    const [before, after] = [cart("text = 1;"), cart("note = 2;")];
    expect(await refused(before, after)).toContain("note is new in it, and text is gone");
    const locals = (name: string | null) => ({ locals: { [CART]: { text: name }, "index.ts:Sub": { text: name } } });
    const t = await carried(before, after, locals("note"));
    t.resume("go");
    expect(t.result()).toEqual([
      ["c", 1, ["a"]],
      ["s", 1, ["a"]],
    ]);
    const fresh = await carried(before, after, locals(null));
    fresh.resume("go");
    expect(fresh.result()).toEqual([
      ["c", 2, ["a"]],
      ["s", 2, ["a"]],
    ]);
  });

  test("private members, of what it extends as well", async () => {
    const text = (base: string, own: string, show: string) =>
      `class B { ${base} }\nclass Cart extends B { #items = ["a"]; ${own} show() { return ${show}; } }\n${body('const c = new Cart() as any; await W.refId("go"); return c.show();')}`;
    const t = await carried(
      text("", "", "this.#items.length"),
      text(
        "#base = 100; get base() { return this.#base + this.#of(1); } #of(n: number) { return n; }",
        "#tries = 10; #more() { return this.#tries++ + this.#tries; } get #twice() { return 1000; } static #no = 1; static #nor() { return Cart.#no; }",
        "[this.#items.length, this.#more(), this.#twice, (this as any).base, Cart.#nor()]",
      ),
    );
    t.resume("go");
    expect(t.result()).toEqual([1, 21, 1000, 101, 1]);
  });

  test("a private one of a class that is made in a function is refused; one that nobody holds does not matter", async () => {
    const inside = (field: string) =>
      body(
        `class Cart { #a = 1; ${field} get() { return this.#a; } } const held = new Cart(); await W.refId("go"); return held.get();`,
      );
    expect(await refused(inside(""), inside("#n = 1;"))).toContain(
      "objects of index.ts:main/Cart are held, and #n is new in it: those that were made before do not have it",
    );
    const text = (field: string) =>
      `class Cart { ${field} get() { return 1; } }\n${body('const held = new Cart().get(); await W.refId("go"); return held;')}`;
    const t = await carried(text(""), text("#n = input();"));
    t.resume("go");
    expect(t.result()).toBe(1);
  });

  test("in a function", async () => {
    const text = (field: string, more: string) =>
      body(`class P { x = 1; ${field} } const p = new P() as any; await W.refId("go"); return p.x + ${more};`);
    const t = await carried(text("", "0"), text("y = 2;", "p.y"));
    t.resume("go");
    expect(t.result()).toBe(3);
  });
});

describe("a list that a module declares, and that was changed", () => {
  const steps = (list: string) =>
    `const steps = [${list}];\n${body('const done: unknown[] = []; for (const step of steps) { await W.ref("s"); done.push(step()); } return done;')}`;
  const [before, after] = [steps('() => "car", () => "hotel"'), steps('() => "flight", () => "car", () => "hotel"')];

  test("is refused where the thread is on its way through it, or holds an element", async () => {
    expect(await refused(before, after)).toBe(
      [
        'index.ts:steps was changed, and the thread is on its way through it: "variables" of a map says that it is meant',
        'index.ts:steps was changed, and the thread holds a part of it that is known by its position only: "variables" of a map says that it is meant',
      ].join("; "),
    );
  });

  test("goes on by position, where the map says so", async () => {
    const t = await carried(before, steps('() => "car", () => "HOTEL"'), {
      variables: { "index.ts": { steps: "steps" } },
    });
    t.resume(t.pending()[0]);
    t.resume(t.pending()[0]);
    expect(t.result()).toEqual(["car", "HOTEL"]);
  });

  test("members by name are no matter", async () => {
    const text = (rates: string) =>
      `const rates = ${rates};\n${body('const { eur } = rates; await W.refId("go"); return [eur.of(2), rates.eur === eur];')}`;
    const t = await carried(
      text("{ eur: { of: (n: number) => n * 2 } }"),
      text("{ usd: 1, eur: { of: (n: number) => n * 3 } }"),
    );
    t.resume("go");
    expect(t.result()).toEqual([6, true]);
  });
});

describe("an object of a dependency that was upgraded", () => {
  const dep = (format: "cjs" | "esm", more: string, base = "0") => ({
    "index.ts": `import { P } from "dep";\n${body('const p = new P(1); await W.refId("go"); return p.get();')}`,
    "node_modules/dep/package.json": `{"name":"dep","main":"index.js","type":"${format === "esm" ? "module" : "commonjs"}"}`,
    "node_modules/dep/index.js": `${format === "esm" ? 'import { B } from "./b.js"; export' : 'const { B } = require("./b.js"); exports.P ='} class P extends B { constructor(n) { super(); this.n = n; } get() { return this.n${more} + this.b; } }`,
    "node_modules/dep/b.js": `${format === "esm" ? "export" : "exports.B ="} class B { b = ${base}; }`,
  });

  test.each(["cjs", "esm"] as const)("%s: stays, and is not carried unless the map says so", async (format) => {
    const [before, after] = [dep(format, ""), dep(format, " * 2")];
    const t = await started(before);
    const home = t.bundleOf();
    await deployed(t, after);
    t.resume("nothing");
    expect(t.bundleOf()).toBe(home);
    expect(await refused(before, after)).toMatch(/objects of .*P are held, and .* was changed: "variables" of a map/);
    const map = {
      variables:
        format === "esm" ? { "node_modules/dep/index.js": { P: "P" } } : { "index.ts": { import_dep: "import_dep" } },
    };
    const moved = await carried(before, after, map);
    moved.resume("go");
    expect(moved.result()).toBe(2);
  });

  test("of a CommonJS one every file counts that it requires", async () => {
    const t = await started(dep("cjs", ""));
    t.deploy(await built(dep("cjs", "", "5")));
    t.resume("go");
    expect(t.result()).toBe(1);
  });
});
