// A record of the log as the engine takes it. What cannot become text without loss is refused here, byte for byte.

import type { InputRecord } from "@kwf/engine";
import type { Header, LogRecord } from "../log/log.js";
import type { Unreadable } from "../records/dead-letter.js";
import { textOf } from "../records/utf8.js";

export function inputOf(record: LogRecord, partition: number): InputRecord | Unreadable {
  const key = text(record.key);
  if (key === undefined) return { reason: "bad-key", message: "the key is not UTF-8" };
  const value = text(record.value);
  if (value === undefined) return { reason: "bad-value", message: "the value is not UTF-8" };
  const headers = headersOf(record.headers);
  return {
    key,
    value,
    offset: String(record.offset),
    partition,
    timestamp: record.timestamp,
    ...(headers === undefined ? {} : { headers }),
  };
}

export const isUnreadable = (input: InputRecord | Unreadable): input is Unreadable => "reason" in input;

const text = (bytes: Buffer | null): string | null | undefined => (bytes === null ? null : textOf(bytes));

/** Of several headers with one name the last counts; one without a value is empty. */
function headersOf(headers: readonly Header[]): Record<string, string> | undefined {
  if (headers.length === 0) return undefined;
  return Object.fromEntries(headers.map(([name, value]) => [name, value?.toString() ?? ""]));
}
