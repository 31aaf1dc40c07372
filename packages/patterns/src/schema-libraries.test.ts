import { testWorkflow } from "@kwf/testing";
import { describe, expect, test } from "vitest";
import type { Order } from "../fixtures/schemas/workflow.js";

// The libraries that docs/client.md names, as they are: each compiles, caches and probes in its own way, in a bundle that is loaded anew for
// every step.

describe.each(["valibot", "zod", "arktype"])("a schema of %s", { timeout: 60_000 }, (library) => {
  const open = () => testWorkflow(new URL(`../fixtures/schemas/${library}.ts`, import.meta.url), { stepTimeoutMs: 0 });
  const valid: Order = { items: [{ name: "tea", quantity: 2 }], payment: { type: "card", number: "4" } };
  const refOf = (t: Awaited<ReturnType<typeof open>>) => t.pending()[0];

  test("checks the reply, names what is wrong with it, and converts", async () => {
    const t = await open();
    t.start(valid);
    expect(t.values("orders")).toMatchObject([{ value: valid }]);
    t.resume(refOf(t), { id: 7, at: "2024-02-03T04:05:06.000Z" });
    t.resume(refOf(t), { id: "o-1", at: "tomorrow" });
    t.resume(refOf(t), { id: "o-1", at: "2024-02-03T04:05:06.000Z" });
    expect(t.result()).toEqual({ id: "o-1", at: Date.UTC(2024, 1, 3, 4, 5, 6), refused: 2 });
  });

  test("refuses a request, and names the part of it", async () => {
    const t = await open();
    t.start({ ...valid, items: [{ name: "tea", quantity: 0.5 }] });
    expect(t.outputs("orders")).toEqual([]);
    const errors = t.result<string[]>();
    expect(errors).toHaveLength(3);
    for (const error of errors)
      expect(error).toMatch(/^InvalidMessageError: the request to orders is not valid: items\.0\.quantity: /);
  });

  test("leaves little in the state of a thread, however often it is used", async () => {
    const t = await open();
    t.start(valid);
    t.resume(refOf(t), {});
    const once = t.state()!.length;
    t.resume(refOf(t), {});
    expect(t.state()!.length - once).toBeLessThan(1000);
    expect(once).toBeLessThan(15_000);
  });
});
