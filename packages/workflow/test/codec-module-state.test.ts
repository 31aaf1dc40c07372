import { describe, expect, it } from "vitest";
import { Realm } from "./realm-pair.js";

const program = `
  let count = 0, current = { name: "none" };
  const list = [1, 2], table = new Map([["a", 1]]), fixed = Object.freeze({ a: 1 }), seen = new WeakMap(), when = new Date(0);
  function S1() { this.n = undefined; }
  _k.S(1, S1, ["n"]);
  const F10 = (s) => _k.f(10, ({ up: () => ++s.n }).up, [s]);
  _k.F(10, [F10]);
  const scope = new S1(); scope.n = 5;
  const up = F10(scope);
  const secret = _k.priv("secret");
  class Box { static total = 0; }
  _k.pinit(Box, secret, 1);
  const key = {};
  _k.M(0, true, {
    get count() { return count }, set count(v) { count = v }, get current() { return current }, set current(v) { current = v },
    get list() { return list }, get table() { return table }, get fixed() { return fixed }, get seen() { return seen },
    get when() { return when }, get up() { return up }, get Box() { return Box }, get secret() { return secret }, get key() { return key },
  });
  let shared = { hits: 0 }, cache = new WeakMap(), nextId = 1;
  const queue = [1], byName = new Map(), uid = () => 0;
  class Base { static made = 0; }
  globalThis.registered = { names: [] };
  _k.M(1, false, { get shared() { return shared }, get cache() { return cache }, get nextId() { return nextId }, set nextId(v) { nextId = v },
    get queue() { return queue }, get byName() { return byName }, get uid() { return uid }, get Base() { return Base } });
  const dependency = () => [shared.hits, nextId, [...queue], [...byName], uid.last, Base.made, registered.names];
  let step = (body) => { const taken = moduleState.take(); return taken; };
  let view = () => [count, current, [...list], [...table], list.extra, when.getTime(), scope.n, Box.total, _k.pget(Box, secret), seen.get(key), Object.keys(Box)];
`;
const pristine = [0, { name: "none" }, [1, 2], [["a", 1]], null, 0, 5, 0, 1, null, ["total"]];
const view = (realm: Realm) => realm.look("return view()");

function changed(change: string): { realm: Realm; text: string } {
  const realm = new Realm(program);
  realm.run(change);
  const text = realm.run("save({ m: moduleState.take().changes })") as string;
  return { realm, text };
}

function restored(text: string): Realm {
  const realm = new Realm(program);
  realm.run(`value = load(${JSON.stringify(text)}); moduleState.apply(value.m)`);
  return realm;
}

describe("module state of own source", () => {
  it("is nothing when nothing changed", () => {
    expect(changed("up.call; list.slice(); [...table]").text).toBe('{"$":"K"}');
  });

  const cases: [name: string, change: string, after: unknown[]][] = [
    ["variables", "count = 3; current = { name: 'x' }", [3, { name: "x" }, ...pristine.slice(2)]],
    ["a variable that holds another root", "current = list", [0, [1, 2], ...pristine.slice(2)]],
    [
      "properties of objects",
      "current.name = 'changed'; list.push(3); list.extra = 1",
      [0, { name: "changed" }, [1, 2, 3], [["a", 1]], 1, ...pristine.slice(5)],
    ],
    ["an array that was emptied", "list.length = 0", [...pristine.slice(0, 2), [], ...pristine.slice(3)]],
    [
      "collections",
      "table.set('b', 2); table.delete('a')",
      [...pristine.slice(0, 3), [["b", 2]], ...pristine.slice(4)],
    ],
    ["hidden slots", "when.setTime(7)", [...pristine.slice(0, 5), 7, ...pristine.slice(6)]],
    ["captured variables", "up(); up()", [...pristine.slice(0, 6), 7, ...pristine.slice(7)]],
    [
      "static members",
      "Box.total = 2; _k.pset(Box, secret, 9); Box.more = 1",
      [...pristine.slice(0, 7), 2, 9, null, ["total", "more"]],
    ],
    ["weak entries of roots", "seen.set(key, 'here')", [...pristine.slice(0, 9), "here", ["total"]]],
  ];
  for (const [name, change, after] of cases) {
    it(`${name}: saved, undone, applied`, () => {
      const { realm, text } = changed(change);
      expect(view(realm)).toEqual(pristine);
      const next = restored(text);
      expect(view(next)).toEqual(after);
      // What was applied is still a change of the thread, and is saved again.
      const again = next.run("save({ m: moduleState.take().changes })") as string;
      expect(view(next)).toEqual(pristine);
      expect(view(restored(again))).toEqual(after);
    });
  }

  it("keeps attributes, order, prototype and being closed", () => {
    const change = `delete current.name; current.first = 1; current.name = "last";
      Object.defineProperty(current, "hidden", { value: 2, configurable: true }); Object.setPrototypeOf(current, list)`;
    const { realm, text } = changed(change);
    expect(
      realm.look("return [Reflect.ownKeys(current), Object.getPrototypeOf(current) === Object.prototype]"),
    ).toEqual([["name"], true]);
    const look =
      "return [Reflect.ownKeys(current), current.hidden, Object.keys(current), Object.getPrototypeOf(current) === list]";
    expect(restored(text).look(look)).toEqual([["first", "name", "hidden"], 2, ["first", "name"], true]);
  });

  it("says when a change cannot be undone", () => {
    const realm = new Realm(program);
    expect(realm.run("Object.freeze(list); moduleState.take().undone")).toBe(false);
    expect(realm.run("moduleState.take().changes !== undefined")).toBe(true);
  });

  it("leaves other threads nothing", () => {
    const { realm } = changed("count = 9; up(); table.clear()");
    expect(realm.run("moduleState.take().changes")).toBe(undefined);
  });
});

describe("module state of dependencies", () => {
  it.each(["shared.hits++", "nextId = 7", "queue.push(2); byName.set('a', 1)", "uid.last = 3; Base.made = 2"])(
    "%s: is shared and stays",
    (change) => {
      const { realm, text } = changed(change);
      expect(text).toBe('{"$":"K"}');
      expect(realm.look("return dependency()")).not.toEqual(new Realm(program).look("return dependency()"));
    },
  );

  it("drops weak entries under roots after the step", () => {
    const { realm } = changed("cache.set(key, 1)");
    expect(realm.run("cache.has(key)")).toBe(false);
  });
});

describe("the realm", () => {
  it.each([
    ["globalThis.added = list", "globalThis.added === list"],
    ["delete globalThis.registered", "!('registered' in globalThis)"],
    ["globalThis.registered = 1", "globalThis.registered === 1"],
    ["registered.names.push('x')", "registered.names.length === 1"],
    ["Array.prototype.last = up", "[].last === up"],
    ["Date.now = up", "Date.now === up"],
    ["Math.random = up", "Math.random === up"],
    ["Error.stackTraceLimit = 3", "Error.stackTraceLimit === 3"],
  ])("%s: saved, undone, applied", (change, holds) => {
    const { realm, text } = changed(change);
    expect(realm.run(holds)).toBe(false);
    const next = restored(text);
    expect(next.run(holds)).toBe(true);
    next.run("moduleState.take()");
    expect(next.run(holds)).toBe(false);
  });
});

describe("the whole program", () => {
  const whole = () => {
    const realm = new Realm(program);
    realm.run("moduleState = new _k.ModuleState(image, { whole: true })");
    return realm;
  };

  it("includes the global object, built-ins and dependencies", () => {
    const first = whole();
    first.run(`globalThis.added = { a: 1 }; delete globalThis.escape; Array.prototype.last = up; Map.prototype.get = null;
      shared.hits = 4; Object.defineProperty(Math, "PI2", { get: up, configurable: true })`);
    const text = first.run("globalThis.taken = moduleState.take(); save({ m: taken.changes })") as string;
    expect(first.run("taken.undone && typeof escape === 'function' && Map.prototype.get.name")).toBe("get");
    const second = whole();
    second.run(`value = load(${JSON.stringify(text)}); moduleState.apply(value.m)`);
    const look = `return [added.a, typeof escape, Array.prototype.last === up, Map.prototype.get, shared.hits,
      Object.getOwnPropertyDescriptor(Math, "PI2").get === up]`;
    expect(second.look(look)).toEqual([1, "undefined", true, null, 4, true]);
  });

  it("meets no setter that the program put on a built-in prototype", () => {
    const first = whole();
    first.run(`globalThis.data = [[1], { f: 2 }];
      for (const key of ["0", "1", "length2"]) Object.defineProperty(Array.prototype, key, { set: up, configurable: true });
      for (const key of ["f", "value", "get", "$", "r"]) Object.defineProperty(Object.prototype, key, { __proto__: null, set: up, configurable: true })`);
    const text = first.run("save({ m: moduleState.take().changes })") as string;
    const second = whole();
    second.run(`value = load(${JSON.stringify(text)}); moduleState.apply(value.m)`);
    expect(second.run("scope.n + data[0].length + data[1].f + Reflect.ownKeys(Array.prototype)[1]")).toBe("81");
  });

  it("writes with built-ins patched by the program", () => {
    const first = whole();
    first.run(`Array.prototype[Symbol.iterator] = null; Array.prototype.push = null; Object.assign = null;
      Map.prototype.set = null; Object.keys = null; JSON.stringify = null; Object.prototype.r = 1; globalThis.data = { list: [1, [2]] }`);
    const text = first.run("save({ m: moduleState.take().changes })") as string;
    const second = whole();
    second.run(`value = load(${JSON.stringify(text)}); moduleState.apply(value.m)`);
    expect(second.run("data.list[1][0] + Object.prototype.r + String(Array.prototype.push)")).toBe("3null");
  });
});

describe("modules that a step evaluates", () => {
  // What esbuild makes of a dependency that is reached by `import()` only.
  const lazy = `
    function S2() { this.Thing = undefined; } _k.S(2, S2, ["Thing"]);
    const C2 = (s, h, k) => { const parts = []; const cls = ({ Thing: class Thing { name() { return "thing" + (++n) } } }).Thing;
      return _k.c(2, cls, [s], h, k, [["m", 0, "name"]], parts); };
    _k.F(2, [C2]);
    let config = 1;
    let Thing, n, seen, evaluations = 0;
    const exports = {}; Object.defineProperty(exports, "Thing", { get: () => Thing, enumerable: true });
    const init_lazy = _k.esm({ "lazy.js"() { evaluations++; n = config; seen = new WeakMap(); Thing = C2(new S2(), undefined, []); } });
    _k.M(1, true, { get config() { return config }, set config(v) { config = v } });
    _k.M(0, OWN, { get exports() { return exports }, get Thing() { return Thing }, set Thing(v) { Thing = v },
      get n() { return n }, set n(v) { n = v }, get seen() { return seen }, set seen(v) { seen = v }, get init_lazy() { return init_lazy } });
    const evaluate = () => (init_lazy(), exports);
  `;

  const program = (own: boolean) => lazy.replace("OWN", String(own));
  const save = (realm: Realm, make: string) => {
    realm.run(make);
    realm.run("globalThis.taken = moduleState.take()");
    return realm.run("save({ value, m: taken.changes, e: taken.evaluated })") as string;
  };
  const load = (realm: Realm, text: string) => {
    realm.run(`value = _k.decode(${JSON.stringify(text)}, image, ({ e = [] }) => moduleState.enter(e))`);
    realm.run("moduleState.apply(value.m); value = value.value");
    return realm;
  };
  const use = "value = new (evaluate().Thing)(); value.name(); seen.set(value, 'seen')";
  const look = "return [value instanceof evaluate().Thing, value.name(), seen.get(value), evaluations]";

  it.each([true, false])(
    "are evaluated again before the thread is read, and gone for other threads (own: %s)",
    (own) => {
      const first = new Realm(program(own));
      const text = save(first, use);
      expect(text).not.toContain("function");
      expect(text.length).toBeLessThan(200);
      expect(first.look("return [Thing === undefined, n === undefined]")).toEqual([true, true]);
      expect(load(new Realm(program(own)), text).look(look)).toEqual([true, "thing3", "seen", 1]);
    },
  );

  it("are taken from the realm's copy where it has one", () => {
    const realm = new Realm(program(true));
    const text = save(realm, use);
    expect(load(realm, text).look(look)).toEqual([true, "thing3", "seen", 1]);
    expect(save(realm, "0")).toContain('"e":["lazy.js"]');
    // Another thread evaluates it anew; the first one goes on with that copy.
    const other = save(realm, use);
    expect(load(realm, text).look(look)).toEqual([true, "thing3", "seen", 2]);
    save(realm, "0");
    expect(load(realm, other).look(look)).toEqual([true, "thing3", "seen", 2]);
  });

  it("of own source are written with the thread when it had changed the program before", () => {
    const text = save(new Realm(program(true)), `config = 10; ${use}`);
    expect(text).not.toContain('"e":');
    expect(load(new Realm(program(true)), text).look(look)).toEqual([true, "thing12", "seen", 0]);
  });
});
