import { describe, expect, test } from "vitest";
import { BundleFormatError, BundleLoadError, loadBundle, StepTimeoutError } from "./index.js";

const metadata = (value: object): string =>
  `\n//# kwfMetadata=${Buffer.from(JSON.stringify(value)).toString("base64")}\n`;
const bundle = (
  body: string,
  value: object = { version: 1, name: "x", modules: [], functions: [], scopes: [] },
): string => `((_k) => { "use strict"; ${body} })${metadata(value)}`;

describe("loadBundle", () => {
  test("refuses a file that is no bundle", () => {
    expect(() => loadBundle("console.log(1)")).toThrow(BundleFormatError);
  });

  test("refuses metadata of another version", () => {
    expect(() => loadBundle(bundle("", { version: 7 }))).toThrow(/version 7/);
  });

  test("reports what module code throws while it is loaded", () => {
    const { code, message } = caught(() => loadBundle(bundle('throw new TypeError("no such thing");')).realm);
    expect(code).toBe("KWF_BUNDLE_LOAD");
    expect(message).toContain("TypeError: no such thing");
  });

  test("stops module code that does not end", () => {
    expect(() => loadBundle(bundle("for (;;);"), { loadTimeoutMs: 100 }).realm).toThrow(StepTimeoutError);
  });

  test("gives the realm nothing of this one", () => {
    const probe = `
      const names = Object.getOwnPropertyNames(globalThis).filter((name) => /^(process|require|module|Buffer|setTimeout|fetch|__kwfCall|global)$/.test(name));
      const foreign = Object.getOwnPropertyNames(_k).filter((name) => typeof _k[name] === "object");
      return { manifest: JSON.stringify({ names, foreign, escaped: typeof _k.urlParse("x:y") }), load() {}, step() {} };`;
    const { manifest } = loadBundle(bundle(probe));
    expect(manifest).toEqual({ names: [], foreign: [], escaped: "string" });
  });

  test("parses URLs for the realm, and lets it assign to their parts", () => {
    const probe = `
      return { manifest: JSON.stringify([_k.urlParse("no url"), _k.urlParse("b?c#d", "http://h/a/"), _k.urlParse("http://h/", undefined, "port", "81")]
        .map((text) => text && JSON.parse(text).href)), load() {}, step() {} };`;
    expect(loadBundle(bundle(probe)).manifest).toEqual([null, "http://h/a/b?c#d", "http://h:81/"]);
  });

  test("has the same hash for the same text only", () => {
    expect(loadBundle(bundle("return 1;")).hash).toBe(loadBundle(Buffer.from(bundle("return 1;"))).hash);
    expect(loadBundle(bundle("return 1;")).hash).not.toBe(loadBundle(bundle("return 2;")).hash);
  });

  test("refuses a bundle that is not JavaScript", () => {
    expect(
      () =>
        loadBundle(`((_k) => {${metadata({ version: 1, name: "x", modules: [], functions: [], scopes: [] })}`).realm,
    ).toThrow(BundleFormatError);
  });

  test("knows load errors by their class", () => {
    expect(() => loadBundle(bundle("null.x;")).realm).toThrow(BundleLoadError);
  });
});

function caught(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
}
