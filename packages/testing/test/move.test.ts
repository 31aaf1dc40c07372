import { describe, expect, test } from "vitest";
import { WorkflowTest } from "../src/workflow-test.js";
import { body, built, carried, deployed, refused, started } from "./move-kit.js";

describe("kwf move", () => {
  test("carries a thread onto a fix of the very function that it waits in", async () => {
    const bug = body('const n = 2; const got: any = await W.refId("a"); return got.value.deep * n;');
    const t = await carried(bug, bug.replace("got.value.deep", "(got?.value?.deep ?? 1)"));
    t.resume("a", {});
    expect(t.result()).toBe(2);
  });

  test("while it is paused, with the records that wait; retry goes on", async () => {
    const bug = `export const manifest = { onError: "bugs" as const };\n${body('let sum = 0; for (const name of ["a", "b"]) { const got: any = await W.refId(name); sum += got.value.n; } return sum;')}`;
    const t = await started(bug);
    t.resume("a", {});
    expect(t.status()).toBe("paused");
    t.resume("b", { value: { n: 5 } });
    expect(t.status()).toBe("paused");
    t.deploy(await built(bug.replace("got.value.n", "(got.value?.n ?? 0)")));
    t.send('ctl:{"op":"retry"}');
    expect(t.status()).toBe("paused");
    t.move();
    expect(t.status()).toBe("paused");
    t.send('ctl:{"op":"retry"}');
    expect(t.status()).toBe("completed");
    expect(t.result()).toBe(5);
  });

  test("once: the same again does nothing, and one for another bundle moves it on", async () => {
    const text = body('await W.refId("a"); return 1;');
    const t = await carried(text, text.replace("return 1", "return 2"));
    const state = t.state();
    expect(t.move()).toEqual([]);
    expect(t.state()).toBe(state);
    t.deploy(await built(text.replace("return 1", "return 3")));
    t.move();
    t.resume("a");
    expect(t.result()).toBe(3);
  });

  test("is refused where the bundle is nowhere, where there is no thread, and where it makes no sense", async () => {
    const t = await started(body('await W.refId("a");'));
    const state = t.state();
    const sent = (value: string, thread?: string) =>
      t.send(value, thread === undefined ? {} : { thread }).map(({ headers }) => headers?.["kwf-reason"]);
    expect(sent('ctl:{"op":"move","bundle":"00"}')).toEqual(["move-refused"]);
    expect(sent('ctl:{"op":"move","bundle":"00"}', "nobody")).toEqual(["unknown-thread"]);
    expect(sent('ctl:{"op":"move"}')).toEqual(["bad-command"]);
    expect(sent('ctl:{"op":"move","bundle":"00","map":{"local":{}}}')).toEqual(["bad-command"]);
    expect(t.state()).toBe(state);
  });

  test("is refused where the map has names that are nobody's", async () => {
    const text = body('await W.refId("a");');
    const map = {
      functions: { "index.ts:man": "index.ts:main", "index.ts:main": "index.ts:mian" },
      locals: { "index.ts:main/x": { a: "b" } },
      modules: { "other.ts": "index.ts" },
    };
    expect(await refused(text, text.replace("await", "1; await"), map)).toBe(
      [
        "the map has index.ts:man, which the old bundle does not have",
        "the map has index.ts:main/x, which the old bundle does not have",
        "the map has other.ts, which the old bundle does not have",
        "the map leads to index.ts:mian, which the new bundle does not have",
      ].join("; "),
    );
  });

  test("a slip of the pen in a map", async () => {
    const text = body('const price = 1; await W.refId("a"); return price;');
    const map = {
      locals: { "index.ts:main": { prize: "price", price: "cost" } },
      values: { "index.ts:main": { note: 1 } },
      awaits: {
        "index.ts:main": { 'await W.refId("b")': 'await W.refId("a")', 'await W.refId( "a" )': "await pay()'2" },
      },
      variables: { "index.ts": { count: null, main: "order" } },
    };
    expect(await refused(text, text.replace("return", "W.threadId; return"), map)).toBe(
      [
        "index.ts:main: the map renames prize, which it does not have",
        "index.ts:main: the map leads to cost, which is not there",
        "index.ts:main: the map sets note, which is not there",
        'index.ts:main: the map names await W.refId("b"), which is not there',
        "index.ts:main: the map names await pay()'2, which is not there",
        "index.ts: the map renames count, which it does not have",
        "index.ts: the map leads to order, which is not there",
      ].join("; "),
    );
  });

  test("a bundle that says nothing of its structure keeps its threads", async () => {
    const text = body('await W.refId("a"); return await W.refId("b");');
    const code = await built(text);
    const silent = code.replace(/kwfMetadata=(\S+)/, (_, data: string) => {
      const { structure: __, ...metadata } = JSON.parse(Buffer.from(data, "base64").toString());
      return `kwfMetadata=${Buffer.from(JSON.stringify(metadata)).toString("base64")}`;
    });
    const t = new WorkflowTest(silent);
    t.start();
    const home = t.bundleOf();
    t.deploy(code);
    expect(() => t.move()).toThrow("said nothing of the structure");
    t.resume("a");
    expect(t.bundleOf()).toBe(home);
    t.resume("b", 2);
    expect(t.result()).toBe(2);
  });

  test("an await before and one behind", async () => {
    const text = body('const a: any = await W.refId("a"); return a;');
    const t = await carried(
      text,
      body(
        'await W.refId("zero"); const a: any = await W.refId("a"); const b: any = await W.refId("b"); return [a, b];',
      ),
    );
    t.resume("a", 1);
    expect(t.pending()).toEqual(["b"]);
    t.resume("b", 2);
    expect(t.result()).toEqual([1, 2]);
  });

  test("several awaits of one text, by rank; one more of them is ambiguous", async () => {
    const text = body('const one = await W.ref("x"); const two = await W.ref("x"); return [one, two];');
    const t = await started(text);
    t.resume(t.pending()[0], 1);
    const hash = await deployed(t, text.replace("[one, two]", "[two, one]"));
    t.move();
    t.resume(t.pending()[0], 2);
    expect([t.result(), t.bundle.hash]).toEqual([[2, 1], hash]);
    expect(await refused(text, text.replace("return", 'await W.ref("x"); return'))).toBe(
      'index.ts:main: `await W.ref("x")` is there 3 times, and was twice',
    );
    const mapped = await carried(text, text.replace("return", 'await W.ref("x"); return'), {
      awaits: { "index.ts:main": { 'await W.ref("x")': `await W.ref("x")'3` } },
      values: { "index.ts:main": { one: 1, two: 2 } },
    });
    mapped.resume(mapped.pending()[0], 3);
    expect(mapped.result()).toEqual([1, 2]);
  });

  test("an await of another text, by the map", async () => {
    const before = body('const a = await W.refId("a"); return a;');
    const after = body('const a = await W.refId("a" as string, input); return a;');
    expect(await refused(before, after)).toBe(
      'index.ts:main: `await W.refId("a")` is gone; there is `await W.refId("a", input)`',
    );
    const t = await carried(before, after, {
      awaits: { "index.ts:main": { 'await W.refId("a")': 'await W.refId("a", input)' } },
    });
    t.resume("a", 1);
    expect(t.result()).toBe(1);
  });

  describe("what is around an await", () => {
    test.each([
      ["a loop", 'await W.refId("a");', 'for (const x of [1]) { await W.refId("a"); }'],
      ["a catch", 'try { await W.refId("a"); } catch {}', 'try { throw 1; } catch { await W.refId("a"); }'],
      ["a finally", 'await W.refId("a");', 'try { W.threadId; } finally { await W.refId("a"); }'],
      ["another loop", 'for (const x of [1]) await W.refId("a");', 'for (const x in { a: 1 }) await W.refId("a");'],
    ])("%s", async (_, before, after) => {
      expect(await refused(body(before), body(after))).toMatch(/what is around .* was changed/);
    });

    test("an if, a block or a label is no obstacle", async () => {
      const t = await carried(
        body('await W.refId("a"); return 1;'),
        body(
          'if (input !== 5) { label: { await W.refId("a"); if (input === undefined) break label; return 0; } } return 2;',
        ),
      );
      t.resume("a");
      expect(t.result()).toBe(2);
    });

    test("loops that keep nothing beside variables may be others, new, or gone", async () => {
      const text = (loop: string) => body(`let i = 0; const log: unknown[] = []; ${loop} return log;`);
      const loops = [
        "for (; i < 3; i++) { log.push(await W.refId('x' + i)); }",
        "while (i < 3) { log.push(await W.refId('x' + i)); i++; }",
        "do { log.push(await W.refId('x' + i)); } while (++i < 3);",
        "for (;;) { while (i < 3) { log.push(await W.refId('x' + i)); i += 1; } break; }",
      ];
      for (const before of loops) {
        for (const after of loops) {
          if (before === after) continue;
          const t = await started(text(before));
          t.resume("x0", 0);
          await deployed(t, text(after));
          t.move();
          t.resume("x1", 1);
          t.resume("x2", 2);
          expect(t.result()).toEqual([0, 1, 2]);
        }
      }
      const retry = "for (let n = 0; n < 2; n++) { try { return await W.refId('a'); } catch {} } return 'given up';";
      const [one, more] = [body("return await W.refId('a');"), body(retry)];
      expect(await refused(one, more)).toContain("n is new at");
      const t = await carried(one, more, { values: { "index.ts:main": { n: 0 } } });
      t.reject("a", "no");
      t.reject("a", "no");
      expect(t.result()).toBe("given up");
    });

    test("a try may be new, or gone", async () => {
      const text = (head: string, tail: string) =>
        body(`let log = ""; ${head} await W.refId("a"); log += "a"; ${tail} return log;`);
      const tries = [
        text("", ""),
        text("try {", "} catch { log += 'c'; }"),
        text("try {", "} finally { log += 'f'; }"),
        text("try { try {", "} catch { log += 'c'; } finally { log += 'f'; } } finally { log += 'F'; }"),
      ];
      const ends = ["a", "a", "af", "afF"];
      const failed = ["", "c", "", "cfF"];
      for (const before of tries) {
        for (const [n, after] of tries.entries()) {
          if (before === after) continue;
          const t = await carried(before, after);
          t.resume("a");
          expect(t.result()).toBe(ends[n]);
          const other = await carried(before, after);
          other.reject("a", "no");
          expect([other.status(), failed[n]]).toEqual(
            failed[n] === "" ? ["failed", ""] : ["completed", other.result()],
          );
        }
      }
      const handler = (tail: string) => body(`try { throw 1; } catch { await W.refId("a"); } ${tail} return 2;`);
      const t = await carried(handler(""), handler("finally { W.threadId; }"));
      t.resume("a");
      expect(t.result()).toBe(2);
    });

    test("a loop goes on where it is, a finally goes where it was to go", async () => {
      const text = (note: string) =>
        `const log: unknown[] = [];\n${body(`for (const x of [1, 2, 3]) { try { log.push(x); if (x === 2) continue; if (x === 3) return log; } finally { await W.refId("f" + x); ${note} } log.push("end " + x); }`)}`;
      const t = await carried(text(""), text('log.push("note " + x);'));
      for (const n of [1, 2, 3]) t.resume(`f${n}`);
      expect(t.result()).toEqual([1, "note 1", "end 1", 2, "note 2", 3, "note 3"]);
    });

    test("a finally whose way out is gone", async () => {
      const text = (out: string) =>
        body(`for (;;) { try { if (input === undefined) ${out}; } finally { await W.refId("a"); } return 1; }`);
      expect(await refused(text("break"), text("throw 1"))).toContain("on its way to break");
    });

    test("parts of its statement that have been evaluated already", async () => {
      const text = (head: string, tail: string) =>
        `let n = 1; const f = (...all: unknown[]) => all;\n${body(`n = 5; const got = f(${head}, await W.refId("a"))${tail}; n = 9; return got;`)}`;
      const t = await carried(text("n++", ""), text("n++", "").replace("n = 9", "n = 8"));
      t.resume("a", 2);
      expect(t.result()).toEqual([5, 2]);
      expect(await refused(text("n++", ""), text("n--", ""))).toContain("parts of it have been evaluated already");
    });
  });

  test("loops over patterns with captured variables, and an await within a pattern", async () => {
    const text = (note: string, head = "") =>
      `const log: unknown[] = [];\n${body(`${head} for (const [name, n = 1] of [["a", 2], ["b"]] as [string, number?][]) { const say = () => name + n; const { x = await W.refId(name), ...rest } = { y: n } as any; ${note} log.push(say(), x, rest); } return log;`)}`;
    const t = await carried(text(""), text("say(); W.threadId;"));
    t.resume("a", "A");
    t.resume("b", "B");
    expect(t.result()).toEqual(["a2", "A", { y: 2 }, "b1", "B", { y: 1 }]);
  });

  test("a renamed function, and those inside, by the map", async () => {
    const text = (name: string) =>
      `${body(`return ${name}(input);`)}\nasync function ${name}(n: any) { const inner = async () => (await W.refId<number>("a")) + 1; return (await inner()) * 2; }`;
    expect(await refused(text("ask"), text("request"))).toContain(
      "there is no index.ts:ask any more; new is index.ts:request, index.ts:request/inner",
    );
    const t = await carried(text("ask"), text("request"), { functions: { "index.ts:ask": "index.ts:request" } });
    t.resume("a", 1);
    expect(t.result()).toBe(4);
  });

  test("an async function in a plain one that was renamed", async () => {
    const text = (name: string) =>
      `export default function main(input: any) { return ${name}()(); }\nfunction ${name}() { return async () => (await W.refId("a")) as number + 1; }`;
    const t = await carried(text("make"), text("build"), { functions: { "index.ts:make": "index.ts:build" } });
    t.resume("a", 1);
    expect(t.result()).toBe(2);
  });

  test("a generator that has not begun, and one that has", async () => {
    const text = (more: string) =>
      body(
        `function* g(n: number) { let at = n; ${more} while (true) yield at++; } const a = g(1), b = g(5); a.next(); await W.refId("a"); return [a.next().value, b.next().value];`,
      );
    const t = await carried(text(""), text("let other; other = at; W.threadId;").replace("other = at; ", ""));
    t.resume("a");
    expect(t.result()).toEqual([2, 5]);
  });

  test("methods, private members and instances of a class that was changed", async () => {
    const text = (method: string) =>
      `class Saga { #done: string[] = []; constructor(readonly name: string) {}
        async run() { const got = await W.refId<string>("a"); this.#done.push(got); return this.report(); }
        ${method} }\n${body('const saga = new Saga("trip"); return saga.run();')}`;
    const t = await carried(
      text("report() { return this.#done; }"),
      text("report() { return [this.name, ...this.#done]; } #more() {}"),
    );
    t.resume("a", "x");
    expect(t.result()).toEqual(["trip", "x"]);
  });

  test("classes that are made in a function", async () => {
    const text = (method: string, before = "") =>
      body(
        `const n = 1; class P { ${before} #x = n; static made = 7; get x() { return this.#x; } ${method} } const p = new P(); const get = p.up; await W.refId("a"); return [get.call(p), p.x, P.made];`,
      );
    const t = await carried(
      text("up() { return this.#x; }"),
      text("up() { this.#x += 2; return this.#x; }", "first() { return 0; }"),
    );
    t.resume("a");
    expect(t.result()).toEqual([3, 3, 7]);
  });

  test("module variables that the thread has changed: renamed by the map, or refused", async () => {
    const text = (name: string) => `let ${name} = 0;\n${body(`${name} += 5; await W.refId("a"); return ${name};`)}`;
    expect(await refused(text("count"), text("total"))).toContain("index.ts has no count any more");
    const t = await carried(text("count"), text("total"), { variables: { "index.ts": { count: "total" } } });
    t.resume("a");
    expect(t.result()).toBe(5);
  });

  test("a module of another name, by the map", async () => {
    const files = (name: string, more = "") => ({
      "index.ts": `import { ask } from "./${name}.js";\n${body("return ask(1);")}`,
      [`${name}.ts`]: `import * as W from "@kwf/workflow"; export async function ask(n: number) { const got = await W.refId<number>("a"); ${more} return got + n; }`,
    });
    const t = await started(files("one"));
    await deployed(t, files("two", "n += 1;"));
    expect(() => t.move()).toThrow("there is no one.ts:ask any more");
    t.move({ modules: { "one.ts": "two.ts" } });
    t.resume("a", 1);
    expect(t.result()).toBe(3);
  });

  test("combinators and cancellation go on", async () => {
    const text = (note: string) =>
      `const log: unknown[] = [];\nasync function part(name: string) { try { return await W.refId(name); } catch (error) { log.push("undo " + name); await W.refId("clean " + name); ${note} throw error; } }\n${body('const got = await Promise.race([part("a"), part("b")]); return [got, log];')}`;
    const t = await carried(text(""), text('log.push("clean " + name);'));
    t.resume("a", 1);
    expect(t.pending()).toEqual(["clean b"]);
    t.resume("clean b");
    expect(t.result()).toEqual([1, ["undo b", "clean b"]]);
  });
});
