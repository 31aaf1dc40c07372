// A record that could not be understood, or not be kept, as it goes to `workflow-dead-letter`: the bytes and headers as they came, and in
// headers of our own what is wrong and where it came from.

import { createHash } from "node:crypto";
import type { LogRecord, NewRecord } from "../log/log.js";

/** What is wrong with a record; reasons are listed in docs/errors.md. */
export interface Unreadable {
  readonly reason: "bad-key" | "bad-value" | "not-understood" | "held-record-gone";
  readonly message: string;
}

/** Its own headers; `topic` without the prefix. */
export function letterHeaders(
  { reason, message }: { readonly reason: string; readonly message: string },
  topic: string,
  partition: number,
  offset: number,
): Record<string, string> {
  return {
    "kwf-reason": reason,
    "kwf-message": message,
    "kwf-topic": topic,
    "kwf-partition": String(partition),
    "kwf-offset": String(offset),
  };
}

/** The bytes as they came, or, where they do not fit, what it takes to find them. Of the headers those that are ours are taken. */
export function deadLetter(
  { key, value, headers }: Pick<LogRecord, "key" | "value" | "headers">,
  own: Readonly<Record<string, string>>,
  asReference: boolean,
): Pick<NewRecord, "key" | "value" | "headers"> {
  const ours = Object.entries(own).filter(([name]) => name.startsWith("kwf-"));
  if (!asReference) return { key, value, headers: [...headers, ...ours] };
  const bytes = value ?? Buffer.alloc(0);
  const reference: [string, string][] = [
    ["kwf-size", String(bytes.length)],
    ["kwf-sha256", createHash("sha256").update(bytes).digest("hex")],
  ];
  return {
    key: key !== null && key.length > 4096 ? key.subarray(0, 4096) : key,
    value: null,
    headers: [...ours.map(([name, text]) => [name, text.slice(0, 1000)] as const), ...reference],
  };
}
