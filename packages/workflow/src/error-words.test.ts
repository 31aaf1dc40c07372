import { describe, expect, it } from "vitest";
import { err } from "./error-words.js";

const told = (message: string) => err(new TypeError(message)).message;

describe("V8's messages in the words of the program", () => {
  it.each([
    ["(0 , _s5.f) is not a function", "f is not a function"],
    ["$.client.send is not a function", "client.send is not a function"],
    ["_s12.list.find(...).go is not a function", "list.find(...).go is not a function"],
    ["$._s1.client.send is not a function", "client.send is not a function"],
    ["$._0.go is not a function", "(intermediate value).go is not a function"],
    ["c[_F4(...)] is not a function", "c[(intermediate value)] is not a function"],
    ["(0 , $.Made) is not a constructor", "Made is not a constructor"],
    ["$_s3.items is not iterable", "items is not iterable"],
    ["$.this.go is not a function", "this.go is not a function"],
    [
      "Cannot destructure property 'a' of '$.input' as it is undefined.",
      "Cannot destructure property 'a' of 'input' as it is undefined.",
    ],
    ["a$.b is not a function", "a$.b is not a function"],
    ["the path $.b is empty", "the path $.b is empty"],
  ])("%s", (message, expected) => {
    expect(told(message)).toBe(expected);
  });

  it("changes the stack's first line alone", () => {
    const error = new TypeError("$.f is not a function");
    const frames = error.stack?.split("\n").slice(1);
    err(error);
    expect(error.stack?.split("\n")).toEqual(["TypeError: f is not a function", ...(frames ?? [])]);
    expect(Object.keys(error)).toEqual([]);
  });

  it("leaves other errors alone, and runs nothing of the program", () => {
    class Own extends TypeError {}
    expect(err(new Own("$.f is not a function")).message).toBe("$.f is not a function");
    const trapped = new Proxy(new TypeError("$.f is not a function"), {
      get: () => {
        throw new Error("trap");
      },
    });
    expect(err(trapped)).toBe(trapped);
    const getter = Object.defineProperty(new TypeError(), "message", {
      get: () => {
        throw new Error("getter");
      },
    });
    expect(err(getter)).toBe(getter);
    expect(err(Object.freeze(new TypeError("$.f is not a function"))).message).toBe("$.f is not a function");
    expect(err(undefined)).toBe(undefined);
  });
});
