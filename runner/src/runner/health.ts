import type { Trouble } from "../log/log.js";
import type { GroupRole } from "../names.js";
import type { TaskReading } from "./metrics.js";

/** What `/healthz` and `/readyz` answer. */
export interface Health {
  /** False: somebody should look. */
  readonly healthy: boolean;
  /** True: a member of its groups, and every partition it was given is running. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly partitions: readonly {
    readonly role: GroupRole;
    /** Of an input of the bundle. */
    readonly topic?: string;
    readonly partition: number;
    readonly phase: string;
    readonly next: number | undefined;
    readonly lag: number | undefined;
    readonly trouble?: string;
  }[];
}

/** What health is asked of: a group of tasks. */
export interface Member {
  readonly role: GroupRole;
  readonly joined: boolean;
  /** Why it is not in its group. */
  readonly trouble?: Error | undefined;
  readonly tasks: Iterable<TaskReading & { readonly next: number | undefined; readonly trouble: Error | undefined }>;
}

/** A trouble this young may be a leader that moves. */
const PATIENCE_MS = 5_000;

export function healthOf(members: readonly Member[], troubles: readonly Trouble[], now = Date.now()): Health {
  const problems = troubles
    .filter(({ since }) => now - since > PATIENCE_MS)
    .map(({ what, error }) => `cannot ${what}: ${error.message}`);
  const partitions: Health["partitions"][number][] = [];
  for (const { role, tasks, trouble: outside } of members) {
    if (outside !== undefined) problems.push(`${role}: ${outside.message}`);
    for (const { topic, partition, phase, next, lag, trouble } of tasks) {
      const own = { role, ...(topic !== undefined && { topic }), partition };
      partitions.push({ ...own, phase, next, lag, ...(trouble && { trouble: trouble.message }) });
      const where = role === "run" ? "partition" : topic === undefined ? `${role} partition` : `input ${topic}`;
      if (trouble !== undefined) problems.push(`${where} ${partition}: ${trouble.message}`);
    }
  }
  const ready = members.every(({ joined }) => joined) && partitions.every(({ phase }) => phase === "running");
  return { healthy: problems.length === 0, ready, problems, partitions };
}
