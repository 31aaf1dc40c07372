// How people write, and read, a stretch of time or a moment: `30s`, `1h`, `7d`, `1h30m`; `2026-01-31`, `2026-01-31T10:00:00Z`.

import { UsageError } from "../usage-error.js";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/g;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/;

/** Milliseconds. `name` is the option, for the message. Throws UsageError. */
export function parseDuration(text: string, name: string): number {
  const found = durationOf(text);
  if (found === undefined)
    throw new UsageError(`${name} is ${JSON.stringify(text)}, expected a duration such as 30s, 15m, 1h30m or 7d`);
  return found;
}

/** A moment, as epoch milliseconds; a duration means so long before `now`. Throws UsageError. */
export function parseMoment(text: string, name: string, now = Date.now()): number {
  const ago = durationOf(text);
  if (ago !== undefined) return now - ago;
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) {
    throw new UsageError(
      `${name} is ${JSON.stringify(text)}, expected a time such as 2026-01-31T10:00:00Z, or how long ago: 15m, 1h, 7d`,
    );
  }
  return moment;
}

function durationOf(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(PART)) sum += Number(count) * UNITS[unit!]!;
  return Math.round(sum);
}

const SHOWN: readonly (readonly [unit: string, seconds: number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** The two largest units that say something: `3d 4h`, `1m 5s`, `0s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const largest = SHOWN.findIndex(([, size]) => size <= seconds);
  if (largest < 0) return "0s";
  const [[unit, size], next] = [SHOWN[largest]!, SHOWN[largest + 1]];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : ` ${rest}${next![0]}`}`;
}

const FIRST = Date.parse("0000-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");

/** `2026-01-31T10:00:00.000Z`. Records may have any number for a time: one beyond the years of four digits is shown as the first or last of them. */
export function formatMoment(ms: number): string {
  return new Date(Math.min(LAST, Math.max(FIRST, ms))).toISOString();
}
