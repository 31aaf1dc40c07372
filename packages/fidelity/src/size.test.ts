// What a continuation takes, in bytes: of the same program the same everywhere. What it costs in time is for `npm run bench:continuation`.
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { loadBundle, step } from "@kwf/engine";
import { expect, test } from "vitest";

const NOW = Date.UTC(2020, 0, 1);

/** The size of the state after each step: `values` start the thread and answer what it asks first. */
async function sizes(entry: string, values: readonly string[]): Promise<number[]> {
  const bundle = loadBundle((await build(fileURLToPath(new URL(`../../../${entry}`, import.meta.url)))).code);
  const found: number[] = [];
  let state: Uint8Array | null = null;
  let ref: string | undefined;
  for (const [n, text] of values.entries()) {
    const value = ref === undefined ? `new:${text}` : `{"ref":${JSON.stringify(ref)},"value":${text}}`;
    const record = { key: "t", value, offset: String(n), partition: 0, timestamp: NOW };
    const result = step(bundle, state, record, { timeoutMs: 0, now: NOW, seed: "s" });
    expect(result.status, result.error?.message).toBe("running");
    ({ state } = result);
    [ref] = result.pending;
    found.push(state!.length);
  }
  return found;
}

test("a saga that waits for three services and a timer takes 1.2 KB", { timeout: 60_000 }, async () => {
  const [waiting] = await sizes("demos/trip-booking-saga/src/index.ts", ['{"timeoutMS":60000}']);
  expect(waiting).toBeLessThanOrEqual(1_200);
});

test("a loop takes no more at its thousandth step than at its first", { timeout: 60_000 }, async () => {
  const steps = await sizes("scripts/bench/loop.ts", ["2000", ...Array<string>(1_000).fill("1")]);
  expect(steps.at(-1)! / steps[1]!).toBeLessThanOrEqual(1.1);
});
