// What `--wait` of a command says: the record has been run, and what has become of the thread.

import { setTimeout as sleep } from "node:timers/promises";
import type { Operator, ThreadDetail, ThreadRecord } from "../admin/operator.js";
import { withProgress } from "../terminal/progress.js";
import { count, harmless } from "../terminal/table.js";
import { untilInterrupt } from "./interrupt.js";
import { isPausedBecause } from "./live-thread.js";

export interface WaitOptions {
  readonly wait: boolean;
  readonly json: boolean;
}

/** Writes the records and waits until they have been run. */
export async function sayAfterRun(
  operator: Operator,
  records: readonly ThreadRecord[],
  { json }: Pick<WaitOptions, "json">,
): Promise<void> {
  const left = "no longer waiting. What is written stays, and is run when a runner comes to it";
  const waits = `waiting until ${count(records.length, "record")} ${records.length === 1 ? "has" : "have"} been run`;
  await untilInterrupt(left, (signal) =>
    withProgress(waits, async ({ say }) => {
      for (const sent of await operator.send(records, { untilRun: true, signal })) {
        say(`waiting for what ${harmless(sent.thread)} has kept waiting`);
        const detail = await settled(operator, sent.thread, signal);
        const state = detail?.state ?? "gone";
        if (json) console.log(JSON.stringify({ ...sent, state, ...(detail?.reason && { reason: detail.reason }) }));
        else console.log(`${harmless(sent.thread)}: ${state}${detail === undefined ? "" : isPausedBecause(detail)}`);
      }
    }),
  );
}

const LOOK_AGAIN_MS = 100;

/** A thread that goes on after a pause is not there yet: what has waited runs after the record that ended the pause. */
async function settled(operator: Operator, thread: string, signal: AbortSignal): Promise<ThreadDetail | undefined> {
  for (;;) {
    const detail = await operator.show(thread);
    if (detail?.state !== "running" || detail.held === 0) return detail;
    await sleep(LOOK_AGAIN_MS);
    signal.throwIfAborted();
  }
}
