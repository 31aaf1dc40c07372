import type { Trouble } from "./log/log.js";
import type { RoleName } from "./names.js";
import type { Task } from "./task/task.js";

/** What `/healthz` and `/readyz` answer. */
export interface Health {
  /** False: somebody should look. */
  readonly healthy: boolean;
  /** True: a member of its groups, and every partition it was given is running. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly partitions: readonly {
    readonly role: RoleName;
    readonly partition: number;
    readonly phase: string;
    readonly next: number | undefined;
    readonly lag: number | undefined;
    readonly trouble?: string;
  }[];
}

/** What health is asked of: a role group. */
export interface Member {
  readonly role: RoleName;
  readonly joined: boolean;
  readonly tasks: Iterable<Task>;
}

/** A trouble this young may be a leader that moves. */
const PATIENCE_MS = 5_000;

export function healthOf(members: readonly Member[], troubles: readonly Trouble[], now = Date.now()): Health {
  const problems = troubles
    .filter(({ since }) => now - since > PATIENCE_MS)
    .map(({ what, error }) => `cannot ${what}: ${error.message}`);
  const partitions: Health["partitions"][number][] = [];
  for (const { role, tasks } of members) {
    for (const { partition, phase, next, lag, trouble } of tasks) {
      partitions.push({ role, partition, phase, next, lag, ...(trouble && { trouble: trouble.message }) });
      const where = role === "run" ? "partition" : `${role} partition`;
      if (trouble !== undefined) problems.push(`${where} ${partition}: ${trouble.message}`);
    }
  }
  const ready = members.every(({ joined }) => joined) && partitions.every(({ phase }) => phase === "running");
  return { healthy: problems.length === 0, ready, problems, partitions };
}
