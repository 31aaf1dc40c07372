import { describe, expect, test } from "vitest";
import { testWorkflow } from "./index.js";

// esbuild renames variables to join modules in one scope; what the program can see of names must be the author's.
describe("names in a bundle", () => {
  test("are those of the source", async () => {
    const t = await testWorkflow(new URL("../fixtures/names/index.ts", import.meta.url));
    t.start();
    t.resume(t.pending()[0] ?? "", null);
    expect(t.result()).toEqual({
      counter: "Counter",
      inner: "Counter",
      error: "ShopError",
      instance: "ShopError: closed",
      anonymous: "default",
      arrow: "helper",
      other: "helper",
      method: "go",
      nested: "helper",
      declared: "main",
    });
  });
});
