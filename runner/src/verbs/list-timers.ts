// `kwf scheduler ls`.

import type { Timer, TimerFilter } from "../admin/timer-list.js";
import { withOperator } from "../admin/with-operator.js";
import { clockOf } from "../clock.js";
import type { Flags } from "../settings/settings.js";
import { formatDuration, formatMoment } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, printTable } from "../terminal/table.js";

export async function listTimers(
  filter: TimerFilter,
  limit: number | undefined,
  json: boolean,
  flags: Flags,
): Promise<void> {
  await withOperator(flags, async (operator) => {
    const timers: Timer[] = [];
    const most = limit ?? Number.POSITIVE_INFINITY;
    await withProgress("reading timers", async () => {
      for await (const timer of operator.timers(filter)) {
        timers.push(timer);
        if (timers.length >= most) break;
      }
    });
    const now = clockOf(flags).now();
    if (json) for (const timer of timers) console.log(JSON.stringify(timer));
    else {
      if (timers.length > 0)
        printTable(
          ["DUE", "IN", "THREAD", "PAYLOAD"],
          timers.map(({ at, thread, payload }) => [
            formatMoment(at),
            at < now ? "overdue" : formatDuration(at - now),
            thread,
            payload,
          ]),
        );
      console.error(count(timers.length, "timer"));
    }
  });
}
