// Values that are held across an await: random graphs are the same before and after, in identity, attributes, prototypes and
// hidden contents; chains of 100,000 links do not overflow.
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { type Bundle, loadBundle, step } from "@kwf/engine";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { trees } from "./random/tree.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const program = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url));

/** What the program says after it was restored in a fresh realm. */
function restored(bundle: Bundle, input: unknown): unknown[] {
  const record = (value: string, offset: string) => ({ key: "t", value, offset, partition: 0, timestamp: 0 });
  const options = { timeoutMs: 0, seed: "values" };
  const first = step(bundle, null, record(`new:${JSON.stringify(input)}`, "0"), options);
  if (first.error !== undefined) throw new Error(first.error.message);
  const answer = record(JSON.stringify({ ref: first.pending[0] }), "1");
  const { error, outputs } = step(bundle, first.state, answer, { ...options, fresh: true });
  if (error !== undefined) throw new Error(error.message);
  return outputs
    .filter(({ topic }) => topic === "out" || topic === "workflow-error")
    .map(({ value }) => JSON.parse(value ?? "null"));
}

describe("random value graphs", () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = loadBundle((await build(program("values"))).code);
  });

  it("come back as they were", () => {
    const graph = trees(1).map(([tree]) => tree);
    const same = fc.property(graph, (tree) => {
      expect(restored(bundle, [tree])).toEqual([["same"]]);
    });
    fc.assert(same, { seed: 1, numRuns: 150 });
  });
});

describe("a chain that no stack could walk comes back:", () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = loadBundle((await build(program("long-chains"))).code);
  });

  it.each([
    ["list", 100_000],
    ["closures", 100_000],
    ["bound functions", 100_000],
    ["pending promises", 100_000],
    ["waiting functions", 100_000],
    ["settled promises", 100_000],
    ["collections", 100_000],
    ["weak maps", 100_000],
    ["errors", 100_000],
    ["private fields", 100_000],
    ["generators", 100_000],
    ["proxies", 100_000],
    ["prototypes", 5000],
    ["classes of classes", 1000],
  ])("%s", (name, links) => {
    expect(restored(bundle, name)).toEqual([[name, links]]);
  });
});
