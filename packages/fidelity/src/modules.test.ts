// State of modules: what a thread does to the program's own modules is its own, whatever other threads of the realm do and
// wherever it goes on; modules that it evaluates on its way come back.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { native } from "./native.js";
import { freshRealms, interleaved, oneRealm, restored, twoProcesses } from "./restored.js";
import { SecondProcess } from "./second-process.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const project = mkdtempSync(join(tmpdir(), "kwf-modules-"));
const support = fileURLToPath(new URL("../fixtures/support.js", import.meta.url));

let other: SecondProcess;
beforeAll(() => {
  other = new SecondProcess();
});
afterAll(async () => {
  await other.end();
  rmSync(project, { recursive: true, force: true });
});

/** Files by path; `src/main.ts` is the program. */
async function agrees(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const root = join(project, name);
  const all = {
    "package.json": '{ "type": "module" }',
    "src/support.ts": `export * from ${JSON.stringify(support)};`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const entry = join(root, "src/main.ts");
  const expected = await native(entry);
  expect(expected.error).toBeUndefined();
  const { code } = await build(entry);
  expect(await restored(freshRealms(code)), "in a fresh realm").toEqual(expected);
  expect(await restored(await twoProcesses(code, other)), "in another process").toEqual(expected);
  expect(await interleaved(oneRealm(code), 3), "in turns with other threads").toEqual([expected, expected, expected]);
}

const HEAD = `import { ask, log } from "./support.js"; export { manifest } from "./support.js";`;

describe("own modules", () => {
  it("variables, live bindings, collections, statics, private fields and closures belong to the thread", async () => {
    await agrees("own", {
      "src/state.ts": `
        export let count = 0;
        export const up = (n = 1) => (count += n);
        export const table = new Map<string, any>([["loaded", { n: 0 }]]);
        export const list: any[] = [1, , 3];
        export class Counter { static made = 0; static #secret = { n: 0 }; #own = 0; static shared = new Counter();
          constructor() { Counter.made++; } inc() { Counter.#secret.n++; return ++this.#own; } static get secret() { return Counter.#secret.n; } }
        const hidden = (() => { let n = 10; return { next: () => n++, peek: () => n }; })();
        export const { next, peek } = hidden;
        export enum Level { Low = 1, High }
        export namespace Space { export let inner = 1; export const set = (n: number) => { inner = n; }; }
        export default function named() { return (named as any).calls = ((named as any).calls ?? 0) + 1; }
        export const sym = Symbol("s");
        export const settings = Object.seal({ a: 1, get twice() { return this.a * 2; } });
        export const bytes = new Uint8Array([1, 2, 3]);
        export const when = new Date(0);
        export const pattern = /a/g;
        export const set = new Set([1]);
      `,
      "src/other.ts": `export * as state from "./state.js"; export { count as renamed, up as bump } from "./state.js";`,
      "src/main.ts": `${HEAD}
        import named, * as all from "./state.js"; import { renamed, bump, state } from "./other.js";
        let own = 0; var legacy: any; const bag: any = {};
        function hoisted() { return ++own; }
        export default async function main() {
          for (let i = 0; i < 4; i++) {
            all.up(); bump(2); hoisted(); legacy = [legacy]; bag["k" + i] = bag;
            all.table.set("k" + i, { i, all: all.table }); all.table.get("loaded").n += i; all.list.push(i);
            new all.Counter().inc(); all.Counter.shared.inc(); all.next(); all.Space.set(i); named();
            all.settings.a++; all.bytes[0] += 2; all.when.setTime(i); all.pattern.test("aaa"); all.set.add(i * 2);
            (all as any).Level[\`x\${i}\`] = i; delete all.list[0];
            (main as any).calls = ((main as any).calls ?? 0) + 1;
            await ask(i);
            log(renamed, all.count === state.count, own, legacy.length, Object.keys(bag), bag.k0 === bag, all.table.size, all.table.get("loaded"),
              all.table.get("k0").all === all.table, all.list, 0 in all.list, all.Counter.made, all.Counter.secret, all.Counter.shared.inc(), all.peek(),
              all.Space.inner, named(), all.settings.twice, Object.isSealed(all.settings), all.bytes[0], all.when.getTime(), all.pattern.lastIndex,
              [...all.set], Object.keys(all.Level).length, (main as any).calls);
          }
          Object.freeze(all.settings); all.Counter.prototype.inc = () => 99; (all.Counter as any).extra = 1; all.table.clear();
          await ask();
          log(Object.isFrozen(all.settings), all.Counter.shared.inc(), (all.Counter as any).extra, all.table.size);
        }`,
    });
  });

  it("typed arrays of modules and other views share their buffers; large ones are compared by their bytes", async () => {
    await agrees("buffers", {
      "src/main.ts": `${HEAD}
        const bytes = new Uint8Array(8), buffer = new ArrayBuffer(8), floats = new Float32Array(buffer), large = new Uint8Array(70_000);
        const growing = new (ArrayBuffer as any)(4, { maxByteLength: 16 }), tracking = new Uint8Array(growing);
        export default async function main() {
          const view = new DataView(bytes.buffer), words = new Uint32Array(buffer), tail = large.subarray(69_990);
          await ask();
          view.setUint8(0, 7); words[0] = 0x3f800000; tail[9] = 5;
          log(bytes[0], floats[0], large[69_999], view.buffer === bytes.buffer, words.buffer === floats.buffer);
          await ask();
          bytes[1] = 9; floats[1] = 2; growing.resize(8); tracking[7] = 3; (bytes as any).extra = view;
          await ask();
          log(view.getUint8(1), words[1], tail[9], [...tracking], [...bytes], (bytes as any).extra === view, large.findIndex((x) => x === 5));
        }`,
    });
  });
});

describe("modules that are evaluated late", () => {
  it("come back in order, with what they did to others", async () => {
    await agrees("late", {
      "src/registry.ts": `export const registry: any[] = []; export const order: string[] = []; export let total = 0; export const add = (n: number) => { total += n; };`,
      "src/a.ts": `import { add, order, registry } from "./registry.js"; import { b } from "./b.js"; order.push("a"); add(1);
        export class A { static n = 0; #p = 1; hi() { return A.n++ + this.#p; } } export let mutable = b + 1; export const bump = () => ++mutable; registry.push({ A, count: 0 });`,
      "src/b.ts": `import { order } from "./registry.js"; order.push("b"); export const b = 41; export const list = [{ deep: 1 }];`,
      "src/c.ts": `import { order, total } from "./registry.js"; import { a2 } from "./d.js"; order.push("c"); export const seen = total; export const c = () => a2() + seen;`,
      "src/d.ts": `import { order } from "./registry.js"; import { c } from "./c.js"; order.push("d"); export const a2 = () => 2; export const later = () => c();`,
      "src/main.ts": `${HEAD} import { order, registry, total } from "./registry.js";
        let dirty = 0;
        export default async function main() {
          const first = await import("./a.js");
          const a = new first.A();
          await ask("a");
          log(a.hi(), order, total, registry.length, registry[0].A === first.A, first.bump(), a instanceof first.A);
          registry[0].count++; dirty++;
          const b = await import("./b.js");
          b.list[0].deep++;
          const pending = import("./c.js");
          await ask("b");
          const c = await pending;
          log(b.list, order, c.c(), c.seen, (await import("./d.js")).later());
          const again = await import("./a.js");
          await ask("c");
          log(again === first, again.mutable, a.hi(), registry[0], order, total, (await import("./b.js")) === b, dirty);
        }`,
    });
  });

  it("of dependencies come back: CommonJS, cycles, functions made from text, private state, failures", async () => {
    await agrees("dependencies", {
      "node_modules/cjs/package.json": '{ "name": "cjs", "version": "1.0.0", "main": "index.js" }',
      "node_modules/cjs/index.js": `const { half } = require("./half"); let calls = 0; const secret = new WeakMap(); const text = new Function("a", "return a * 2 + 0");
        class Thing { constructor(n) { secret.set(this, { n }); } get n() { return secret.get(this).n; } set n(n) { secret.get(this).n = n; } twice() { calls++; return text(this.n); } static get calls() { return calls; } }
        exports.Thing = Thing; exports.half = half; exports.start = Date.now(); exports.shared = { log: [] };`,
      "node_modules/cjs/half.js": `exports.early = true; const main = require("./index"); exports.half = (thing) => thing.n / 2; exports.isThing = (x) => x instanceof main.Thing;`,
      "node_modules/broken/package.json": '{ "name": "broken", "version": "1.0.0", "main": "index.js" }',
      "node_modules/broken/index.js": `globalThis.tries = (globalThis.tries || 0) + 1; throw new RangeError("broken");`,
      "node_modules/esm/package.json": '{ "name": "esm", "version": "1.0.0", "type": "module", "main": "index.js" }',
      "node_modules/esm/index.js": `import { tag } from "./tag.js"; export let live = 0; export const step = () => ++live; export class Base { constructor() { install(this); } }
        const installed = new WeakSet(); function install(it) { const p = Object.getPrototypeOf(it); if (installed.has(p)) return; installed.add(p); p.late = function () { return tag(this.x); }; }
        export default function* walk() { yield live; yield live; }`,
      "node_modules/esm/tag.js": `import { live } from "./index.js"; export const tag = (x) => "<" + x + ">" + live;`,
      "src/main.ts": `${HEAD} declare const require: any;
        export default async function main() {
          const { Thing, half, shared } = require("cjs");
          const thing = new Thing(21); thing.twice();
          shared.log.push("mine");
          await ask("thing");
          thing.n++;
          log(thing.twice(), half(thing), Thing.calls, require("cjs").Thing === Thing, require("cjs").shared.log, require("cjs/half.js").isThing(thing));
          const errors: any[] = [];
          for (let i = 0; i < 2; i++) { try { require("broken"); } catch (error) { errors.push(error); } await ask("broken"); }
          log(errors.map(String), errors[0] === errors[1]);
          const esm = await import("esm");
          class Mine extends esm.Base { x = 1; }
          const mine = new Mine(), base: any = new esm.Base(), walk = esm.default();
          walk.next(); esm.step();
          await ask("esm");
          log((mine as any).late(), base.late(), walk.next(), esm.live, mine instanceof esm.Base);
          const failed = await import("esm").then((m) => m.step());
          await ask();
          log(failed, esm.live, new Thing(1).twice(), Thing.calls);
        }`,
    });
  });
});

describe("modules of dependencies", () => {
  it.each([
    ["own source", "src/dep.js", "src/old.cjs", "./dep.js", "./old.cjs"],
    [
      "packages that package.json names",
      "node_modules/dep/index.mjs",
      "node_modules/@of/old/index.cjs",
      "dep",
      "@of/old",
    ],
  ])(
    "counters, settings, collections, statics and globals belong to the thread: %s",
    async (name, dep, old, toDep, toOld) => {
      await agrees(name, {
        "package.json": '{ "type": "module", "kwf": { "threadState": ["dep", "@of/old"] } }',
        "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0", "exports": "./index.mjs" }',
        "node_modules/@of/old/package.json": '{ "name": "@of/old", "version": "1.0.0", "exports": "./index.cjs" }',
        [dep]: `let ids = 0; export const uniqueId = () => ++ids; export let live = "loaded"; export const setLive = (v) => { live = v; };
        const settings = { locale: "en", nested: { deep: [1] } }; export const configure = (s) => Object.assign(settings, s); export const shown = () => JSON.stringify(settings);
        const registry = new Map(); export const register = (name, make) => registry.set(name, make); export const make = (name) => registry.get(name)();
        const handlers = []; export const on = (f) => { handlers.push(f); return () => handlers.splice(handlers.indexOf(f), 1); }; export const emit = (x) => handlers.map((f) => f(x));
        export class Precise { static #total = 0; static digits = 3; static add() { return ++Precise.#total; } }
        export function memo(x) { memo.cache ??= new Map(); if (!memo.cache.has(x)) memo.cache.set(x, { x }); return memo.cache.get(x); }
        const counter = (() => { let n = 10; return { next: () => n++ }; })(); export const next = counter.next;
        export const it = (function* () { let i = 0; for (;;) yield i++; })(); it.next();
        globalThis.__dep = { runs: 0, list: [] }; export const run = (x) => { __dep.list.push(x); return ++__dep.runs; };
        export let version = 0; let seen = -1; export const signal = (v) => { const subs = []; return { get v() { return v; }, set v(x) { v = x; version++; }, stale: () => { const was = seen !== version; seen = version; return was; } }; };`,
        [old]: `var n = 0; exports.count = function () { return ++n; }; exports.options = { a: 1 };`,
        "src/main.ts": `${HEAD} import * as dep from "${toDep}"; import old from "${toOld}";
        export default async function main() {
          const first = [dep.uniqueId(), dep.uniqueId(), dep.next(), dep.run("a"), old.count(), dep.Precise.add()];
          dep.configure({ locale: "de" }); dep.setLive({ first }); dep.register("list", () => first); dep.Precise.digits = 9; old.options.a = 2;
          const off = dep.on((x: any) => [x, first.length]); const one = dep.memo("k"); const signal = dep.signal(1); signal.v = 2;
          (globalThis as any).shared = { first };
          await ask();
          log(dep.uniqueId(), dep.next(), dep.run("b"), (globalThis as any).__dep.list, old.count(), old.options, dep.Precise.add(), dep.Precise.digits, dep.shown());
          log((dep.live as any).first === first, dep.make("list") === first, dep.emit(1), dep.memo("k") === one, dep.it.next(), signal.stale(), signal.stale());
          signal.v = 3; off();
          await ask();
          log(dep.emit(2), signal.stale(), signal.v, dep.version, dep.it.next(), (globalThis as any).shared.first === first, delete (globalThis as any).shared);
          const { atob } = globalThis;
          (globalThis as any).atob = async (text: string) => { await ask(text); return { first, text }; };
          (Array.prototype as any).second = function () { return this[1]; };
          await ask();
          log(await (globalThis as any).atob("x"), (first as any).second(), "shared" in globalThis);
          delete (Array.prototype as any).second; (globalThis as any).atob = atob;
          await ask();
          log("second" in [], dep.uniqueId());
        }`,
      });
    },
  );

  it("entries of their weak collections under keys of the thread, and methods that they install late, go with the thread", async () => {
    await agrees("weak", {
      "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0", "type": "module", "main": "index.js" }',
      "node_modules/dep/index.js": `const state = new WeakMap(), brand = new WeakSet(); const bySymbol = new WeakMap();
        export class Box { constructor(v) { state.set(this, { v, list: [this] }); brand.add(this); } get v() { return state.get(this).v; } set v(v) { state.get(this).v = v; } get self() { return state.get(this).list[0] === this; } static is(x) { return brand.has(x); } }
        export function Lazy(x) { this.x = x; if (!Lazy.prototype.show) { Lazy.prototype.show = function () { return "lazy " + this.x; }; Object.defineProperty(Lazy.prototype, Symbol.toStringTag, { get() { return "Lazy"; } }); } }
        export class Sub extends Lazy {}`,
      "src/main.ts": `${HEAD} import { Box, Lazy, Sub } from "dep";
        export default async function main() {
          const box = new Box(1), held = { box: new Box({ deep: box }) };
          await ask();
          box.v++;
          log(box.v, box.self, Box.is(box), Box.is({}), held.box.v.deep === box);
          const lazy = new (Lazy as any)(3);
          await ask();
          log(lazy.show(), String(lazy));
          class Own extends Sub { constructor() { super(4); } }
          const own = new Own();
          await ask();
          log((own as any).show(), lazy.show(), String(own));
        }`,
    });
  });
});
