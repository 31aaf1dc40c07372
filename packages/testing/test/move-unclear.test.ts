import { describe, expect, test } from "vitest";
import { body, carried, refused } from "./move-kit.js";

// Changes after which a thread could go on in two ways, one of them wrong: it finds the right one, or is refused until a map says it.

const LOG = 'const log = (...all: unknown[]) => done.push(all.join(" "));\nconst done: string[] = [];\n';
const UNDO = (...names: string[]) =>
  LOG +
  body(
    `const undo: (() => void)[] = []; ${names.map((name) => `undo.push(() => { log(${name}); });`).join(" ")} await W.refId("pay"); for (const one of undo) one(); return done;`,
  );

describe("functions without a name, or of one name", () => {
  test("one inserted before them does not stand for them", async () => {
    const t = await carried(UNDO('"car"', '"hotel"'), UNDO('"flight"', '"car"', '"hotel"'));
    t.resume("pay");
    expect(t.result()).toEqual(["car", "hotel"]);
  });

  test("nor do two that changed places, nor one that is gone", async () => {
    const swapped = await carried(UNDO('"car"', '"hotel"'), UNDO('"hotel"', '"car"'));
    swapped.resume("pay");
    expect(swapped.result()).toEqual(["car", "hotel"]);
    expect(await refused(UNDO('"car"', '"hotel"'), UNDO('"hotel"'))).toContain(
      'index.ts:main/() is one of 2 of that name, and there is one now: "functions" of a map says which of them it is',
    );
  });

  test("one that was changed where it stands is the one", async () => {
    const t = await carried(UNDO('"car"', '"hotel"'), UNDO('"car"', '"hotel", 2'));
    t.resume("pay");
    expect(t.result()).toEqual(["car", "hotel 2"]);
  });

  test("one changed and one more are not told apart, but by the map", async () => {
    const [before, after] = [UNDO('"car"', '"hotel"'), UNDO('"flight"', '"car"', '"hotel", 2')];
    expect(await refused(before, after)).toContain("index.ts:main/()'2 is one of 2 of that name, and there are 3 now");
    const t = await carried(before, after, { functions: { "index.ts:main/()'2": "index.ts:main/()'3" } });
    t.resume("pay");
    expect(t.result()).toEqual(["car", "hotel 2"]);
  });

  test("another that stands elsewhere is none of them", async () => {
    const text = (more: string, undo: string) =>
      LOG +
      body(
        `const undo: (() => void)[] = []; ${undo} const n = [2, 1]${more}; await W.refId("pay"); undo[0]?.(); return [n, done];`,
      );
    const before = text("", 'undo.push(() => { log("car"); });');
    expect(await refused(before, text(".map((one) => { return one + 1; })", ""))).toContain(
      "index.ts:main/() is one of",
    );
  });

  test("an awaiting one is known by what it awaits", async () => {
    const text = (...parts: string[]) =>
      body(`const all = [${parts.join()}].map((one) => one()); return await all[0];`);
    const part = (name: string, more = "") =>
      `async () => { const got = await W.refId("${name}"); ${more} return got + "${name}"; }`;
    const t = await carried(text(part("a"), part("b")), text(part("z"), part("a", "W.threadId;"), part("b")));
    t.resume("b", 2);
    t.resume("a", 1);
    expect(t.result()).toBe("1a");
  });

  test("methods of objects of a module", async () => {
    const object = (name: string) =>
      `const ${name} = { async run() { return (await W.ref<string>("q")) + "${name}"; } };\n`;
    const main = body("return await two.run();");
    const t = await carried(
      object("one") + object("two") + main,
      object("zero") + object("one") + object("two") + main.replace("two.run()", "two.run() ?? [zero, one]"),
      {
        awaits: { "index.ts:main": { "await two.run()": "await two.run()" } },
      },
    );
    t.resume(t.pending()[0], "said ");
    expect(t.result()).toBe("said two");
  });

  test("an async function that has become a generator", async () => {
    const text = (star: string) =>
      body(
        `async function${star} ask() { await W.refId("a"); } const one = ask(); ${star && "for await (const _ of one);"} await W.refId("b");`,
      );
    expect(await refused(text(""), text("*"))).toContain("index.ts:main/ask was async, and is async generator now");
  });
});

describe("awaits of one text", () => {
  test("are known by what stands around them", async () => {
    const text = (...names: string[]) =>
      LOG +
      body(
        `switch (input) { ${names.map((name) => `case "${name}": await W.refId("s"); log("${name}"); break;`).join(" ")} } return done;`,
      );
    const t = await carried(text("a", "b"), text("b", "a"), {}, "a");
    t.resume("s");
    expect(t.result()).toEqual(["a"]);
  });

  test("where two were changed nobody can tell them apart, but the map", async () => {
    const text = (test: string, first: string, second: string) =>
      LOG +
      body(
        `if (input ${test} 1) { await W.refId("s"); log("${first}"); } else { await W.refId("s"); log("${second}"); } return done;`,
      );
    const [before, after] = [text("===", "one", "other"), text("!==", "other", "one")];
    expect(await refused(before, after, {}, 1)).toBe(
      'index.ts:main: `await W.refId("s")` is there twice, and it is not clear which of them this one is now',
    );
    const map = { awaits: { "index.ts:main": { 'await W.refId("s")': `await W.refId("s")'2` } } };
    const t = await carried(before, after, map, 1);
    t.resume("s");
    expect(t.result()).toEqual(["one"]);
  });

  test("one gone and one new", async () => {
    const step = (name: string) => `log("${name}"); await W.ref("t"); log("${name} done");`;
    expect(await refused(LOG + body(step("a") + step("b")), LOG + body(step("b") + step("c")))).toContain(
      '`log("b");` stood behind `await W.ref("t")` and stands before it now, so that it would be left out',
    );
  });
});

describe("what would be done again, or left out", () => {
  const steps = (...names: string[]) =>
    body(`${names.map((name) => `await W.refId("${name}");`).join(" ")} return "${names}";`);

  test("awaits that changed places, unless the map says that it is meant", async () => {
    expect(await refused(steps("pay", "ship"), steps("ship", "pay"))).toBe(
      'index.ts:main: `await W.refId("ship")` stood behind `await W.refId("pay")` and stands before it now, so that it would be left out: the map\'s "awaits" says where the thread goes on, if that is meant',
    );
    await carried(steps("first", "pay", "ship"), steps("first", "ship", "pay"));
    const map = { awaits: { "index.ts:main": { 'await W.refId("pay")': 'await W.refId("pay")' } } };
    const t = await carried(steps("pay", "ship"), steps("ship", "pay"), map);
    t.resume("pay");
    expect(t.result()).toBe("ship,pay");
  });

  test("a statement that stood before the await and stands behind it", async () => {
    const text = (before: string, behind: string) =>
      body(`let n = 1; ${before} await W.refId("a"); ${behind} return n;`);
    expect(await refused(text("n *= 2;", ""), text("", "n *= 2;"))).toContain(
      '`n*=2;` stood before `await W.refId("a")` and stands behind it now, so that it would be done again',
    );
    expect(await refused(text("", "W.output(n, W.threadId);"), text("W.output(n, W.threadId);", ""))).toContain(
      "left out",
    );
  });

  test("ways that exclude each other have no order", async () => {
    const before = body(
      'if (input === 1) { await W.refId("a"); return 1; } else { await W.refId("b"); } await W.refId("c"); return 2;',
    );
    const after = body(
      'if (input !== 1) { await W.refId("b"); await W.refId("c"); return 2; } await W.refId("a"); return 1;',
    );
    const t = await carried(before, after, {}, 1);
    t.resume("a");
    expect(t.result()).toBe(1);
    const other = await carried(before, after, {}, 2);
    other.resume("b");
    other.resume("c");
    expect(other.result()).toBe(2);
  });
});

describe("loops", () => {
  const loops = (...heads: string[]) =>
    LOG +
    body(
      `const A = [1, 2], B = ["x", "y"]; ${heads.map((head) => `for (const ${head})`).join(" ")} { await W.ref("s"); log(a, b); } return done;`,
    );

  test("that changed places, or go over what another went over", async () => {
    expect(await refused(loops("a of A", "b of B"), loops("b of B", "a of A"))).toContain(
      'the loop over a around `await W.ref("s")` is one over b now, and goes on over what it went over',
    );
    expect(await refused(loops("a of A", "b of B"), loops("a of B", "b of A"))).toContain("a and b are set to");
  });

  test("one over something else goes on over what it went over", async () => {
    const text = (list: string) => LOG + body(`for (const x of ${list}) { await W.ref("s"); log(x); } return done;`);
    const t = await carried(text("[1, 2]"), text("[7, 8, 9]"));
    t.resume(t.pending()[0]);
    t.resume(t.pending()[0]);
    expect(t.result()).toEqual(["1", "2"]);
  });
});

describe("variables that have exchanged their names", () => {
  test.each([
    ["locals", "const a = input.x + 1, b = input.y;", "const b = input.x + 1, a = input.y;"],
    ["parts of a pattern", "const { x: a, y: b } = input;", "const { x: b, y: a } = input;"],
    ["elements", "const [a, b] = [input.x, input.y];", "const [b, a] = [input.x, input.y];"],
  ])("%s", async (_, first, second) => {
    const text = (head: string) => body(`${head} await W.refId("go"); return [a, b];`);
    const input = { x: 1, y: 2 };
    expect(await refused(text(first), text(second), {}, input)).toMatch(
      /(a and b|b and a) are set to what the other was set to/,
    );
    const renamed = await carried(
      text(first),
      text(second),
      { locals: { "index.ts:main": { a: "b", b: "a" } } },
      input,
    );
    const kept = await carried(text(first), text(second), { locals: { "index.ts:main": { a: "a", b: "b" } } }, input);
    for (const t of [renamed, kept]) t.resume("go");
    expect(renamed.result()).toEqual([...(kept.result() as number[])].reverse());
  });

  test("parameters, where it is no longer one of them", async () => {
    const text = (list: string) =>
      `async function pay(${list}) { await W.refId("go"); return [from, to]; }\n${body('return await pay("ann", "bob");')}`;
    expect(await refused(text("from: string, to: string"), text("to: string, from: string"))).toContain(
      "from and to are set to",
    );
    const t = await carried(text("from: string, to: string"), text("note: any, from: string, to: string"), {
      values: { "index.ts:pay": { note: 1 } },
    });
    t.resume("go");
    expect(t.result()).toEqual(["ann", "bob"]);
  });
});

test("a new variable that is declared without a value, and has one by then", async () => {
  const text = (head: string) => body(`${head} await W.refId("a"); return typeof input;`);
  expect(await refused(text(""), text('let status; status = "x";').replace("typeof input", "status"))).toContain(
    "status is new at",
  );
  const t = await carried(text(""), text("let status;").replace("typeof input", 'status ??= "none"'));
  t.resume("a");
  expect(t.result()).toBe("none");
});
