import { DEAD_LETTER_TOPIC, ERROR_TOPIC, RESULT_TOPIC, RESUME_TOPIC, STATUS_TOPIC } from "@kwf/engine";

export const SCHEDULER_TOPIC = "workflow-scheduler";
export const BUNDLES_TOPIC = "workflow-bundles";

/** Of a task with a changelog. */
export type RoleName = "run" | "scheduler";
/** Of any member of a consumer group of ours. */
export type GroupRole = RoleName | "input";

/** Every name a runner uses on Kafka. Workflow code knows topics without the prefix. */
export class Names {
  constructor(
    readonly prefix: string,
    readonly group: string,
  ) {}

  /** A topic of kwf's, of a manifest or of `W.output`. */
  topic(name: string): string {
    return `${this.prefix}${name}`;
  }

  get resume(): string {
    return this.topic(RESUME_TOPIC);
  }
  get result(): string {
    return this.topic(RESULT_TOPIC);
  }
  get error(): string {
    return this.topic(ERROR_TOPIC);
  }
  get status(): string {
    return this.topic(STATUS_TOPIC);
  }
  get deadLetter(): string {
    return this.topic(DEAD_LETTER_TOPIC);
  }
  get scheduler(): string {
    return this.topic(SCHEDULER_TOPIC);
  }
  get bundles(): string {
    return this.topic(BUNDLES_TOPIC);
  }

  /** What the threads' role cannot do without. */
  get own(): ReadonlySet<string> {
    const { resume, result, error, status, deadLetter, bundles } = this;
    return new Set([resume, result, error, status, deadLetter, bundles, this.changelog()]);
  }

  /** The topic whose records are a role's work. */
  input(role: RoleName): string {
    return role === "run" ? this.resume : this.scheduler;
  }
  /** What consumer group, changelog and transactional ids of a role begin with: runner and scheduler never share one. */
  base(role: RoleName): string {
    return `${this.prefix}${this.group}-${role}`;
  }
  consumerGroup(role: RoleName = "run"): string {
    return this.base(role);
  }
  changelog(role: RoleName = "run"): string {
    return `${this.base(role)}-changelog`;
  }
  transactionalId(partition: number, role: RoleName = "run"): string {
    return `${this.base(role)}-${partition}`;
  }

  /** Consumer group of those who read the input topics of a manifest, and what their transactional ids begin with. */
  get inputGroup(): string {
    return `${this.prefix}${this.group}-input`;
  }
  /** `topic` as the manifest names it. */
  inputTransactionalId(topic: string, partition: number): string {
    return `${this.inputGroup}-${topic}-${partition}`;
  }
}
