// `kwf scheduler`: a runner that fires timers and runs no threads.

import type { Flags } from "../settings/settings.js";
import { withKafka } from "../with-kafka.js";
import { runProcess } from "./run-process.js";

export async function runScheduler(flags: Flags): Promise<void> {
  await withKafka(flags, (connected) => runProcess(connected, { scheduler: true, topics: {} }));
}
