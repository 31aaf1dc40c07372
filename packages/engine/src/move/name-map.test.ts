import { expect, test } from "vitest";
import { checkNameMap, mapped } from "./name-map.js";

test("a map has all its parts, or none", () => {
  const map = {
    modules: { "src/a.ts": "src/b.ts" },
    functions: { "src/a.ts:main": "src/b.ts:order" },
    locals: { "src/a.ts:main": { count: "total", note: null } },
    values: { "src/a.ts:main": { seen: [1, { a: null }] } },
    awaits: { "src/a.ts:main": { "await W.ref()": "await W.ref(1)'2" } },
    variables: { "src/a.ts": { hits: null } },
  };
  expect(checkNameMap(map)).toBe(map);
  expect(checkNameMap({})).toEqual({});
});

test.each([
  [[], "expected an object with modules, functions, locals, values, awaits, variables; found []"],
  [{ local: {} }, 'there is no "local" in a map'],
  [{ modules: "a" }, 'modules is "a", expected an object'],
  [{ functions: { a: 1 } }, 'functions: "a" leads to 1, expected a function, module:path'],
  [{ locals: { main: "x" } }, 'locals["main"] is "x", expected an object'],
  [{ locals: { main: { a: 2 } } }, 'locals: "a" leads to 2, expected a name or null'],
  [{ awaits: { main: { a: null } } }, 'awaits: "a" leads to null, expected the text of an await'],
])("%j is no map: %s", (value, message) => {
  expect(() => checkNameMap(value)).toThrow(expect.objectContaining({ code: "KWF_NAME_MAP" }));
  expect(() => checkNameMap(value)).toThrow(message);
});

test("names that every object has are no names of a map", () => {
  expect(mapped({}, "constructor")).toBeUndefined();
  expect(mapped(JSON.parse('{"__proto__":"x"}'), "__proto__")).toBe("x");
});
