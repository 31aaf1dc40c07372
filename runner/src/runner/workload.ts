import type { RoleName } from "../names.js";
import type { Role } from "../task/role.js";
import type { Task } from "../task/task.js";
import type { Logger } from "./logging.js";

/** What the tasks of one role share in a process, and what they do; one beside it (role-group.ts) knows which partitions they have. */
export interface Workload {
  readonly role: RoleName;
  /** Before the group is joined. */
  start(): Promise<void>;
  /** What one more task is to do. */
  work(partition: number, logger: Logger): Role;
  /** From time to time, for each of the tasks; `seldom` is true every twelfth time. */
  tend(task: Task, seldom: boolean): Promise<void>;
  /** When the last task is closed. */
  close(): Promise<void>;
}
