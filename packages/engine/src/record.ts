/** One record as it comes from, or goes to, a topic. */
export interface InputRecord {
  key: string | null;
  value: string | null;
  offset: string;
  partition: number;
  /** Epoch milliseconds. */
  timestamp: number;
  headers?: Headers;
}

export interface OutputRecord {
  topic: string;
  /** Null only on a dead letter that came without a key. */
  key: string | null;
  value: string | null;
  headers?: Headers;
}

export type Headers = Readonly<Record<string, string>>;

export const RESUME_TOPIC = "workflow-resume";
export const RESULT_TOPIC = "workflow-result";
export const ERROR_TOPIC = "workflow-error";
export const STATUS_TOPIC = "workflow-status";
export const DEAD_LETTER_TOPIC = "workflow-dead-letter";
