// Tells the log and the metrics what becomes of the records of an input topic. What a mapping prints comes only after the commit.

import type { Logger } from "../runner/logging.js";
import type { Metrics } from "../runner/metrics.js";
import { observeTask } from "../runner/task-observer.js";
import { levelOf } from "../threads/thread-observer.js";
import type { CommittedTurn, InputObserver } from "./input-task.js";

/** Of one turn so many dead letters are told one by one. */
const TOLD = 10;

/** Who is told of the turns says of them what the log says otherwise. */
export function observeInput(
  topic: string,
  log: Logger,
  metrics: Metrics,
  onTurn?: (topic: string, turn: CommittedTurn) => void,
): InputObserver {
  const { doubt, stopped } = observeTask("input", log, metrics);
  return {
    doubt,
    stopped,
    begun: (next) => log.info({ next }, "reads records of an input topic"),
    committed: (turn) => {
      const { made, commitMs } = turn;
      metrics.inputs(topic, made.fates);
      metrics.committed("input", { outputs: made.records.length, commitMs });
      if (onTurn === undefined) tell(log, turn);
      else onTurn(topic, turn);
      log.debug({ records: made.fates.length, outputs: made.records.length, commitMs }, "committed");
    },
    refused: (error, records) => log.warn({ error, records }, `a batch was refused: ${error.message}`),
  };
}

function tell(log: Logger, { looked, made }: CommittedTurn): void {
  for (const { record, routed } of looked) {
    for (const { level, text, ...place } of routed?.console ?? [])
      log[levelOf(level)]({ offset: record.offset, ...place, workflow: true }, text);
  }
  let told = 0;
  for (const [index, { reason, message, stack }] of made.letters) {
    if (told++ === TOLD) break;
    log.warn({ offset: looked[index]!.record.offset, reason, ...(stack && { stack }) }, `dead letter: ${message}`);
  }
  if (made.letters.size > TOLD) log.warn({ more: made.letters.size - TOLD }, "more dead letters");
}
