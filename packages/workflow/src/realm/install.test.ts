import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";
import { beforeEach, describe, expect, test } from "vitest";
import type { Realm } from "./install.js";

const code = buildSync({
  entryPoints: [fileURLToPath(new URL("./install.ts", import.meta.url))],
  bundle: true,
  write: false,
  format: "iife",
  globalName: "installed",
  target: "es2022",
}).outputFiles[0]?.text;

interface Bare {
  run(text: string): unknown;
  realm: Realm;
  jobs: unknown[];
}

/** A bare realm, as the engine makes one. */
function makeRealm(seed = "bundle"): Bare {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY as unknown as vm.Context);
  const install = vm.runInContext(
    `(function (host, enqueue, seed) { ${code}; return installed.installRealm(host, { enqueue, report() {}, globals: {} }, seed); })`,
    context,
  );
  const jobs: unknown[] = [];
  const realm = install({ urlParse: () => undefined }, (job: unknown) => jobs.push(job), seed) as Realm;
  return { run: (text) => vm.runInContext(text, context), realm, jobs };
}

let bare: Bare;
beforeEach(() => {
  bare = makeRealm();
});

describe("a realm", () => {
  test("has globals with the attributes they have in Node", () => {
    const names = ["URL", "TextEncoder", "AbortController", "structuredClone", "queueMicrotask", "atob", "console"];
    for (const name of [...names, "Date", "Event", "DOMException", "setTimeout"]) {
      const ours = bare.run(
        `Object.getOwnPropertyDescriptor(globalThis, ${JSON.stringify(name)})`,
      ) as PropertyDescriptor;
      const theirs = Object.getOwnPropertyDescriptor(globalThis, name);
      expect([name, typeof ours.value, ours.enumerable]).toEqual([
        name,
        typeof (globalThis as Record<string, unknown>)[name],
        theirs?.enumerable,
      ]);
    }
  });

  test("has exactly the globals that globals.d.ts declares, beside ECMAScript's own and what only refuses", () => {
    const declared = [
      ...readFileSync(new URL("../../globals.d.ts", import.meta.url), "utf8").matchAll(
        /^declare (?:var|function) (\w+)/gm,
      ),
    ];
    const plain = vm.createContext(vm.constants.DONT_CONTEXTIFY as unknown as vm.Context);
    const own = vm.runInContext("Object.getOwnPropertyNames(globalThis)", plain) as string[];
    const refusing = [
      "setTimeout",
      "setInterval",
      "setImmediate",
      "fetch",
      "clearTimeout",
      "clearInterval",
      "clearImmediate",
      ...["Blob", "File", "FormData", "Headers", "Request", "Response"],
    ];
    const found = bare.run("Object.getOwnPropertyNames(globalThis)") as string[];
    const added = found
      .filter((name) => name === "console" || !own.includes(name))
      .filter((name) => !refusing.includes(name));
    expect([...added].sort()).toEqual(declared.map((match) => match[1]).sort());
    expect(own.filter((name) => !found.includes(name))).toEqual(["WebAssembly"]);
  });

  test("is the same when made anew", () => {
    const probe = "JSON.stringify([Date.now(), Math.random(), crypto.randomUUID(), performance.now(), Date()])";
    expect(bare.run(probe)).toBe(makeRealm().run(probe));
    expect(bare.run(probe)).not.toBe(makeRealm("another").run(probe));
  });

  test("has the step's clock and seed in a step", () => {
    bare.realm.begin(1234, "s");
    const probe = "[Date.now(), +new Date(), new Date(7).getTime(), performance.now(), Math.random()].join()";
    const first = bare.run(probe);
    expect(first).toMatch(/^1234,1234,7,1234,0\./);
    bare.realm.begin(1234, "s");
    expect(bare.run(probe)).toBe(first);
  });

  test.runIf("Temporal" in globalThis)("Temporal.Now is the step's clock", () => {
    bare.realm.begin(1234, "s");
    expect(
      bare.run(`[Temporal.Now.instant().epochMilliseconds, Temporal.Now.zonedDateTimeISO("UTC").epochMilliseconds,
        Temporal.Now.plainTimeISO("UTC"), Temporal.Now.plainDateISO("UTC"), Temporal.Now.plainDateTimeISO("UTC")].join()`),
    ).toBe("1234,1234,00:00:01.234,1970-01-01,1970-01-01T00:00:01.234");
  });

  test("has a Date that is a Date", () => {
    expect(
      bare.run(`(() => {
      class Day extends Date { get day() { return this.getUTCDay(); } }
      const day = new Day(2024, 0, 1);
      return [new Date() instanceof Date, new Date().constructor === Date, Date.length, Date.name, typeof Date(),
        day instanceof Day, day instanceof Date, day.day, Date.UTC(1970, 0, 1, 1), Date.prototype.toString.call(day).slice(0, 3),
        Object.keys(Date).length, new Intl.DateTimeFormat("en", { timeZone: "UTC" }).formatToParts().at(-1).value].join();
    })()`),
    ).toBe("true,true,7,Date,string,true,true,1,3600000,Mon,0,2020");
  });

  test("formats the step's time where a formatter is given none", () => {
    bare.realm.begin(Date.UTC(2024, 1, 3), "s");
    const probe = `(() => {
      const date = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC" });
      const number = new Intl.NumberFormat("en");
      return [date.format(), date.format(0), date.format === date.format, date.format.name === "", date.format.length,
        number.format(1234.5), ["b", "a"].sort(new Intl.Collator("en").compare).join("")].join("; ");
    })()`;
    expect(bare.run(probe)).toBe("03/02/2024; 01/01/1970; true; true; 1; 1,234.5; ab");
  });

  test("refuses what cannot be durable, naming the durable way", () => {
    for (const [code, way] of [
      ["setTimeout(() => {}, 1)", "sleep"],
      ["fetch('http://h')", "W.output"],
      ["new Blob([])", "Uint8Array"],
      ["new Request('http://h')", "service"],
      ["AbortSignal.timeout(1)", "timeout"],
      ["(async () => {}).constructor('await 1')", "compiled"],
    ]) {
      const thrown = bare.run(`try { ${code}; } catch (e) { e }`) as Error & { code: string };
      expect(thrown.code).toBe("KWF_NOT_DURABLE");
      expect(thrown.message).toContain(way);
    }
    expect(
      bare.run("[typeof WebAssembly, typeof Atomics.waitAsync, typeof Array.fromAsync, clearTimeout(1)].join()"),
    ).toBe("undefined,undefined,undefined,");
    expect(bare.run("new FinalizationRegistry(() => {}).register({}), FinalizationRegistry.name")).toBe(
      "FinalizationRegistry",
    );
  });

  test("makes functions of text, but tells libraries that ask for leave that there is none", () => {
    expect(bare.run("new Function('a', 'return a + 1')(1)")).toBe(2);
    expect(bare.run("Function('return this')() === globalThis")).toBe(true);
    expect(bare.run("Function()()")).toBe(undefined);
    for (const question of ["", "return false", "return true;", "'use strict'; return 1"]) {
      for (const make of ["new Function", "(() => {}).constructor"])
        expect(bare.run(`try { ${make}(${JSON.stringify(question)}) } catch (e) { e.name }`)).toBe("EvalError");
    }
    const shape = `(() => {
      class Callable extends Function {}
      const made = new Callable("return 3 + 4");
      return [made(), made instanceof Callable, made instanceof Function, (() => {}) instanceof Function, Function.name, Function.length,
        Object.getPrototypeOf(Function) === Function.prototype, Function.prototype.constructor === Function,
        ...[async () => {}, function* () {}, async function* () {}].map((f) => Object.getPrototypeOf(f.constructor) === Function)].join();
    })()`;
    expect(bare.run(shape)).toBe("7,true,true,true,Function,1,true,true,true,true,true");
  });

  test("queues microtasks with the runtime", () => {
    bare.run("queueMicrotask(() => {})");
    expect(bare.jobs).toHaveLength(1);
    expect(bare.run("try { queueMicrotask(1) } catch (e) { e.name }")).toBe("TypeError");
  });

  test("no host object can be reached from it", () => {
    const found = bare.run(`(() => {
      const seen = new Set(), queue = [globalThis], foreign = [];
      const isObject = (v) => typeof v === "object" && v !== null || typeof v === "function";
      while (queue.length) {
        const at = queue.pop();
        if (seen.has(at)) continue;
        seen.add(at);
        let root = at;
        while (Object.getPrototypeOf(root) !== null) root = Object.getPrototypeOf(root);
        if (root !== Object.prototype && Object.getPrototypeOf(at) !== null) foreign.push(String(at.name ?? at));
        queue.push(...[Object.getPrototypeOf(at)].filter(isObject));
        for (const key of Reflect.ownKeys(at)) {
          const slot = Object.getOwnPropertyDescriptor(at, key);
          for (const part of [slot.value, slot.get, slot.set]) if (isObject(part)) queue.push(part);
        }
      }
      return seen.size > 700 ? foreign.join() : "walked too little";
    })()`);
    expect(found).toBe("");
  });

  test("collects console lines", () => {
    bare.run("console.log('x %d', 1)");
    expect(bare.realm.takeConsole().map((line) => line.text)).toEqual(["x 1"]);
  });
});
