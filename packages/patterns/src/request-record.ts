// Owns how a request looks on its topic, for those who write it and those who read it: docs/client.md has it in words.
// Neighbour: topic.ts writes them; the answer is a record on `workflow-resume` (resume.ts).
import type { Address } from "./resume.js";

/** Where the answer goes, and the key that is the same however often the request is delivered. */
export interface ReplyTo extends Address {
  /** Unique in the world: the idempotency key. */
  key: string;
}

/** The value of a request's record. */
export interface RequestRecord extends ReplyTo {
  /** Absent: undefined. */
  value?: unknown;
}

export interface ReadRequest {
  readonly value: unknown;
  /** Undefined where nobody waits: the record was sent, not requested. */
  readonly replyTo: ReplyTo | undefined;
}

/**
 * What a record of a topic asks for. Beside a RequestRecord it knows the short form of workflows that write their requests themselves,
 * `{"ref":"<id>", ...}` under their thread id: the rest of the object is the request. Anything else is a value that was sent.
 * @throws SyntaxError for a value that is not JSON
 */
export function readRequest(key: string | null, text: string | null): ReadRequest {
  const found: unknown = text === null ? undefined : JSON.parse(text);
  if (typeof found !== "object" || found === null) return { value: found, replyTo: undefined };
  const { ref, thread, key: own } = found as Partial<RequestRecord>;
  if (typeof ref !== "string") return { value: found, replyTo: undefined };
  if (typeof thread === "string" && typeof own === "string")
    return { value: (found as RequestRecord).value, replyTo: { thread, ref, key: own } };
  if (key === null) return { value: found, replyTo: undefined };
  const { ref: _, ...rest } = found as { ref: string };
  return { value: rest, replyTo: { thread: key, ref, key: `${key}|${JSON.stringify({ ref })}` } };
}
