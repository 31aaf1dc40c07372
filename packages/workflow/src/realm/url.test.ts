import { beforeAll, describe, expect, test } from "vitest";
import { setHost } from "./host.js";
import { URL } from "./url.js";
import { URLSearchParams } from "./url-search-params.js";

type Ctor = { URL: typeof URL; URLSearchParams: typeof URLSearchParams };
const native = globalThis as unknown as Ctor;

const PARTS = "href origin protocol username password host hostname port pathname search hash".split(" ");
const partsOf = (url: URL): unknown[] => PARTS.map((name) => (url as unknown as Record<string, unknown>)[name]);

beforeAll(() => {
  setHost({
    urlParse(href, base, property, value) {
      try {
        const url = new native.URL(href, base);
        if (property !== undefined) (url as unknown as Record<string, unknown>)[property] = value;
        return JSON.stringify(Object.fromEntries(PARTS.map((name, i) => [name, partsOf(url)[i]])));
      } catch {
        return undefined;
      }
    },
  });
});

describe("URL", () => {
  test("has the parts Node's has", () => {
    for (const [href, base] of [
      ["https://user:pw@example.org:8080/a/../b?x=1&y#frag"],
      ["../c?d", "http://h/a/b/c"],
      ["mailto:someone@example.org"],
      ["http://ex%61mple.org:80/%7Efoo bar"],
    ] as [string, string?][]) {
      expect(partsOf(new URL(href, base))).toEqual(partsOf(new native.URL(href, base)));
    }
    expect(() => new URL("nope")).toThrow(expect.objectContaining({ code: "ERR_INVALID_URL" }));
    expect(URL.canParse("/x")).toBe(false);
    expect(URL.parse("/x", "http://h")?.href).toBe("http://h/x");
  });

  test("setters change it as Node's do", () => {
    for (const [name, value] of Object.entries({
      protocol: "http",
      host: "other:99",
      port: "abc",
      pathname: "/é",
      search: "q=1 2",
      hash: "h",
      username: "a:b",
      href: "ftp://x/",
    })) {
      const [ours, theirs] = [new URL("https://h/p?q#f"), new native.URL("https://h/p?q#f")];
      Reflect.set(ours, name, value);
      Reflect.set(theirs, name, value);
      expect(partsOf(ours), name).toEqual(partsOf(theirs));
    }
  });

  test("searchParams and search follow each other", () => {
    const url = new URL("https://h/?a=1");
    const params = url.searchParams;
    params.append("b", "x y");
    expect(url.href).toBe("https://h/?a=1&b=x+y");
    url.search = "?c=3";
    expect([...params]).toEqual([["c", "3"]]);
    params.delete("c");
    expect(url.href).toBe("https://h/");
    expect(url.searchParams).toBe(params);
  });

  test("is its href and nothing else, so that it can be saved", () => {
    const url = new URL("https://h/?a=1");
    expect(Object.keys(url)).toEqual([]);
    const copy = Object.create(URL.prototype) as URL;
    for (const key of Object.getOwnPropertySymbols(url)) copy[key] = url[key];
    expect(copy.pathname).toBe("/");
    expect(JSON.stringify({ copy })).toBe('{"copy":"https://h/?a=1"}');
  });
});

describe("URLSearchParams", () => {
  test("agrees with Node's on every way to make one", () => {
    for (const init of [
      "?a=1&a=2&b",
      "a=%zz&=x&&c=%C3%A9%F0%9F%98%80+d",
      [
        ["k", "v"],
        ["k", "w"],
      ],
      { x: "1", y: "\ud800" },
    ]) {
      const [ours, theirs] = [new URLSearchParams(init as string), new native.URLSearchParams(init as string)];
      expect([...ours]).toEqual([...theirs]);
      expect(ours.toString()).toBe(theirs.toString());
    }
    expect(() => new URLSearchParams([["x"]] as never)).toThrow(TypeError);
  });

  test("set, delete, sort, has and size agree with Node's", () => {
    const run = (Params: typeof URLSearchParams): unknown => {
      const params = new Params("b=1&a=2&b=3&c=!'()~*");
      params.set("b", "9");
      params.sort();
      params.append("z", "");
      params.delete("z", "no");
      return [
        params.toString(),
        params.size,
        params.has("b", "1"),
        params.has("b"),
        params.getAll("a"),
        [...params.keys()],
      ];
    };
    expect(run(URLSearchParams)).toEqual(run(native.URLSearchParams));
  });
});
