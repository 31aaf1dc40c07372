import { expect, it } from "vitest";
import { compile } from "./compile.js";

/** What a script without closures gives: its compiled form needs no runtime. */
const result = (source: string): unknown =>
  new Function("_k", `${compile(source, { sourceType: "script" }).code}; return result;`)({ M() {} });

it("a function takes the name of what it is assigned to, unless that stands in parentheses", () => {
  expect(result("var f, g; f = function () {}; (g) = function () {}; var result = [f.name, g.name].join();")).toBe(
    "f,",
  );
  expect(result("var f; (f) ||= class {}; var result = f.name;")).toBe("");
  expect(result("var f; (f) = function own() {}; var result = f.name;")).toBe("own");
});
