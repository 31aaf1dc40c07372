// Owns what a timer is: the record on `workflow-scheduler` that sets it or takes it back, its record in the changelog, and its two entries in
// the store, one by its key and one in the index by time (timer-index.ts reads that).
//
// I1 Two timers with the same key are the same timer.
// I2 What is in the changelog depends on the record alone, not on when it was read.

import { type HeaderText, headersFromText, headersToText } from "../log/header-text.js";
import type { Header, LogRecord } from "../log/log.js";
import { Problem } from "../problem.js";
import type { Unreadable } from "../records/dead-letter.js";
import { textOf } from "../records/utf8.js";
import { indexKey, nameOf, timerKey } from "../store/keys.js";
import type { Change } from "../store/store.js";

export interface Timer {
  /** `<thread id>|<payload>` */
  readonly key: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Of the record that set it: of two that are due at once the one that was set first fires first. */
  readonly offset: number;
  /** As it came. */
  readonly value: string;
  readonly headers: readonly Header[];
}

/** What a record on `workflow-scheduler` asks for; without a timer: that there be none. */
export interface TimerRequest {
  readonly key: string;
  readonly timer?: Timer;
}

export const isUnreadable = <T extends { readonly reason: string }>(request: TimerRequest | T): request is T =>
  "reason" in request;

/** `setAt`: from when a delay counts. */
export function requestOf(
  { key: keyBytes, value: bytes, headers, offset, timestamp }: LogRecord,
  setAt = timestamp,
): TimerRequest | Unreadable {
  const key = keyBytes === null ? "" : textOf(keyBytes);
  if (key === undefined) return { reason: "bad-key", message: "the key is not UTF-8" };
  if (key.indexOf("|") < 1) {
    return { reason: "bad-key", message: `expected the key <thread id>|<payload>, found ${keyBytes && quoted(key)}` };
  }
  const value = bytes === null ? "" : textOf(bytes);
  if (value === undefined) return { reason: "bad-value", message: "the value is not UTF-8" };
  if (NO_DELAY.test(value)) return { key };
  const [, sign, digits] = /^(@?)(\d{1,20}(?:\.\d{1,20})?)$/.exec(value) ?? [];
  const at = Math.ceil((sign === "@" ? 0 : Math.max(0, setAt)) + Number(digits));
  if (!Number.isSafeInteger(at)) {
    const message = `expected milliseconds, @<ms since 1970>, 0 or no value, found ${quoted(value)}`;
    return { reason: "not-understood", message };
  }
  return { key, timer: { key, at, offset, value, headers } };
}

/** However it is written. */
const NO_DELAY = /^(?:0+(?:\.0+)?)?$/;

const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** What fires: the record that the thread gets. */
export function firing({ key, headers }: Timer): { key: string; value: string; headers: readonly Header[] } {
  const bar = key.indexOf("|");
  return { key: key.slice(0, bar), value: key.slice(bar + 1), headers };
}

const FORMAT = 1;

/** Value of its record in the changelog, whose key is the timer's. */
export function encodeTimer({ at, offset, value, headers }: Timer): Buffer {
  return Buffer.from(JSON.stringify({ v: FORMAT, at, offset, value, headers: headersToText(headers) }));
}

/** Throws Problem `changelog-foreign`. */
export function decodeTimer(key: string, bytes: Uint8Array): Timer {
  let found: { v?: number; at?: number; offset?: number; value?: string; headers?: HeaderText[] } | null;
  try {
    found = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    found = null;
  }
  const { v, at, offset, value, headers } = found ?? {};
  if (v !== FORMAT || at === undefined || offset === undefined || value === undefined || headers === undefined) {
    throw new Problem(
      "changelog-foreign",
      `the timer ${quoted(key)} in the changelog has format ${v ?? "unknown"}, and this release of kwf reads format ${FORMAT}: run the release that wrote it`,
    );
  }
  return { key, at, offset, value, headers: headersFromText(headers) };
}

const INDEX = Buffer.from("due|");
/** Where in the store the timers lie in the order of their times. */
export const DUE_PREFIX = indexKey(INDEX);
const HEAD = INDEX.length + 16;

/** Its place in the index: time, then offset, both as wide as any can be. */
export function dueKey({ key, at, offset }: Pick<Timer, "key" | "at" | "offset">): Buffer {
  const head = Buffer.alloc(HEAD);
  INDEX.copy(head);
  head.writeBigUInt64BE(BigInt(at), INDEX.length);
  head.writeBigUInt64BE(BigInt(offset), INDEX.length + 8);
  return Buffer.from(indexKey(Buffer.concat([head, Buffer.from(key)])));
}

export function readDueKey(place: Uint8Array): Pick<Timer, "key" | "at" | "offset"> {
  const name = Buffer.from(nameOf(place));
  return {
    key: name.subarray(HEAD).toString(),
    at: Number(name.readBigUInt64BE(INDEX.length)),
    offset: Number(name.readBigUInt64BE(INDEX.length + 8)),
  };
}

const NOTHING = new Uint8Array(0);

/**
 * What one changelog record changes in the store. The place in the index of the timer that was there before is not known here: whoever
 * knows it deletes it, and after a restore it is passed over.
 */
export function changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
  if (value === null) return [{ key: timerKey(key), value }];
  const timer = decodeTimer(Buffer.from(key).toString(), value);
  return [
    { key: timerKey(key), value },
    { key: dueKey(timer), value: NOTHING },
  ];
}
