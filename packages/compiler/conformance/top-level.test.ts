import { describe, expect, it } from "vitest";
import { splitTopLevel } from "./top-level.mjs";

const split = (source: string) => splitTopLevel(source, "start").replace(/\s*\n\s*/g, " ");

describe("the top level of a script as a function of its own", () => {
  it.each([
    ["var x = 1, y, z = x;", "var x, y, z;start(() => {{x = 1; z = x;} });"],
    ['"use strict";\nlet a = 1;', '"use strict";;start(() => { let a = 1; });'],
    ["function f(a) { var inner; }\nf();", "var f;start(() => {f = function(a) { var inner; };; f(); });"],
    ["async function* g() {}", "var g;start(() => {g = async function*() {};; });"],
    ["var { a, ...b } = o;", "var a, b;start(() => {{({ a, ...b } = o);} });"],
    ["for (var i = 0, n; i < 2; i++) var t = i;", "var i, n, t;start(() => {for (i = 0; i < 2; i++) {t = i;} });"],
    ["for (var async of []) ;", "var async;start(() => {for ((async) of []) ; });"],
    ["for (var k = 1 in o) ;", "var k;start(() => {for (k in ((k = 1), o)) ; });"],
    ["if (a) { var deep = (1, 2); }", "var deep;start(() => {if (a) { {deep = (1, 2);} } });"],
    ["const c = () => { var own; };", "start(() => {const c = () => { var own; }; });"],
  ])("%s", (source, expected) => {
    expect(split(source)).toBe(expected);
  });
});
