import { expect, test } from "vitest";
import { parseProperties } from "./properties.js";

const parsed = (text: string) => Object.fromEntries(parseProperties(text));

test("keys end at =, : or a blank; comments and empty lines are passed over", () => {
  expect(parsed("# a\n! b\n\na=1\nb: 2\nc 3\nd\n  e = x=y \n")).toEqual({ a: "1", b: "2", c: "3", d: "", e: "x=y" });
});

test("a backslash continues a line, and only an odd number of them does", () => {
  expect(parsed("a=1,\\\n   2\nb=c:\\\\\nd=4")).toEqual({ a: "1,2", b: "c:\\", d: "4" });
});

test("escapes", () => {
  expect(parsed("a\\ b=\\u00e9\\n\\t\\:")).toEqual({ "a b": "é\n\t:" });
});

test("a value keeps its quotes and semicolons, as sasl.jaas.config has them", () => {
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b c";';
  expect(parsed(`sasl.jaas.config=${jaas}`)).toEqual({ "sasl.jaas.config": jaas });
});
