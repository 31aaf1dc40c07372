// What is said when a task finds less, or something else, than it left: what is lost, and how to go on.

import type { OffsetOutOfRange } from "../log/errors.js";
import { partitionKey, type TopicPartition } from "../log/log.js";
import type { GroupRole, RoleName } from "../names.js";
import { Problem } from "../problem.js";

/** What a changelog keeps. */
const KEPT = { run: "the states of its threads", scheduler: "its timers" };
/** What comes of records that are lost. */
const UNDONE = {
  input: "what they would have started or resumed is not",
  run: "threads that waited for what is lost wait on",
  scheduler: "timers that it would have set or taken back are as they were",
};

export function changelogLost(
  role: RoleName,
  changelog: TopicPartition,
  input: TopicPartition,
  group: string,
  committed: number,
): Problem {
  return new Problem(
    "changelog-lost",
    `${partitionKey(changelog)} is empty, but group ${group} has run ${partitionKey(input)} up to offset ${committed}: ${KEPT[role]} are lost. Bring the topic back, or start with --accept-loss to go on from that offset without them`,
  );
}

export function inputLost(role: GroupRole, { message, start }: OffsetOutOfRange): Problem {
  return new Problem("input-lost", `${message}. Start with --accept-loss to go on at offset ${start}; ${UNDONE[role]}`);
}

export function partitionsChanged(topic: string, before: number, now: number): Problem {
  return new Problem(
    "wrong-partition-count",
    `${topic} has ${now} partitions, and its records were spread over ${before}; now they would go elsewhere. Make a topic with ${before} partitions again, or begin with another --prefix`,
  );
}
