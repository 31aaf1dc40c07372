// `kwf scheduler ls`: the timers that have not fired, from the changelog of the scheduler; no scheduler needs to be up.

import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { decodeTimer, firing } from "../scheduler/timer.js";
import { fold } from "../topics/fold.js";

export interface Timer {
  readonly thread: string;
  /** What is written to `workflow-resume` when it fires. */
  readonly payload: string;
  /** When it is due, epoch milliseconds. */
  readonly at: number;
}

export interface TimerFilter {
  readonly thread?: string;
  /** Due at or before, epoch milliseconds. */
  readonly dueBefore?: number;
}

const BAR = 0x7c;

/** What is due first comes first. Where no scheduler ever ran there are none. */
export async function timers(log: Log, names: Names, { thread, dueBefore }: TimerFilter = {}): Promise<Timer[]> {
  const topic = names.changelog("scheduler");
  const partitions = (await log.describeTopics([topic])).get(topic)?.partitions ?? 0;
  const wanted = thread === undefined ? undefined : Buffer.from(`${thread}|`);
  // A key of the scheduler's own begins with the bar: a thread id is never empty.
  const keep = (key: Buffer) =>
    key[0] !== BAR && (wanted === undefined || key.subarray(0, wanted.length).equals(wanted));
  const found: Timer[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const [key, value] of await fold(log, { topic, partition }, keep)) {
      const timer = decodeTimer(key, value);
      if (dueBefore !== undefined && timer.at > dueBefore) continue;
      const { key: to, value: payload } = firing(timer);
      found.push({ thread: to, payload, at: timer.at });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}
