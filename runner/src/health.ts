import type { Trouble } from "./log/log.js";
import type { Task } from "./task/task.js";

/** What `/healthz` and `/readyz` answer. */
export interface Health {
  /** False: somebody should look. */
  readonly healthy: boolean;
  /** True: a member of the group, and every partition it was given is running. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly partitions: readonly {
    readonly partition: number;
    readonly phase: string;
    readonly next: number | undefined;
    readonly lag: number | undefined;
    readonly trouble?: string;
  }[];
}

/** A trouble this young may be a leader that moves. */
const PATIENCE_MS = 5_000;

export function healthOf(
  joined: boolean,
  tasks: Iterable<Task>,
  troubles: readonly Trouble[],
  now = Date.now(),
): Health {
  const partitions = [...tasks].map(({ partition, phase, next, lag, trouble }) => ({
    partition,
    phase,
    next,
    lag,
    ...(trouble === undefined ? {} : { trouble: trouble.message }),
  }));
  const problems = [
    ...troubles
      .filter(({ since }) => now - since > PATIENCE_MS)
      .map(({ what, error }) => `cannot ${what}: ${error.message}`),
    ...partitions.flatMap(({ partition, trouble }) =>
      trouble === undefined ? [] : [`partition ${partition}: ${trouble}`],
    ),
  ];
  const ready = joined && partitions.every(({ phase }) => phase === "running");
  return { healthy: problems.length === 0, ready, problems, partitions };
}
