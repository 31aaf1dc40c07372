// What a batch of steps does to the records that wait: copies that it makes and takes away, and, after its commit, how many there are.

import type { StepAnswer, StepOutcome } from "../steps/step-batch.js";
import { encodeHeld, type HeldChanges, type HeldRecords, heldKey, heldPrefix } from "./held-records.js";
import { isUnreadable } from "./input.js";
import type { Arrived } from "./transaction-records.js";

type Outcomes = readonly (StepOutcome | undefined)[];

/** Copies of the records that wait from now on; of those that have run, or are not wanted any more, none is left. */
export async function heldChanges(
  waiting: HeldRecords,
  arrived: readonly Arrived[],
  outcomes: Outcomes,
  references: ReadonlySet<number>,
): Promise<HeldChanges> {
  const changes: HeldChanges = new Map();
  for (const [index, { record, input, waited = false }] of arrived.entries()) {
    const outcome = outcomes[index];
    if (waited && isUnreadable(input)) changes.set(heldKey(`${record.key}`, record.offset), null);
    if (outcome === undefined || isUnreadable(input) || input.key === null) continue;
    const { fate, forgets } = outcome;
    const thread = input.key;
    if (forgets === "all") {
      const made = [...changes.keys()].filter((key) => key.startsWith(heldPrefix(thread)));
      for (const key of [...(await waiting.keysOf(thread)), ...made]) changes.set(key, null);
    } else if (forgets !== undefined) changes.set(heldKey(thread, forgets.offset), null);
    if (waited && fate !== "held") changes.set(heldKey(thread, record.offset), null);
    else if (!waited && fate === "held") {
      changes.set(heldKey(thread, record.offset), encodeHeld(record, references.has(record.offset)));
    }
  }
  return changes;
}

export function countHeld(
  waiting: HeldRecords,
  { held }: StepAnswer,
  arrived: readonly Arrived[],
  outcomes: Outcomes,
): void {
  const paused = new Map<string, boolean>();
  for (const [index, { input }] of arrived.entries()) {
    if (!isUnreadable(input)) paused.set(input.key ?? "", outcomes[index]?.status === "paused");
  }
  for (const [thread, count] of held) waiting.set(thread, count, paused.get(thread) === true);
  for (const { record, input, waited } of arrived) {
    if (waited !== true || !isUnreadable(input)) continue;
    const thread = `${record.key}`;
    waiting.set(thread, waiting.count(thread) - 1, paused.get(thread) === true);
  }
}
