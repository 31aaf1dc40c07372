// What time it is for workflows: for `Date` in a step, and for timers. It is the system's, or, for a test that would see next year, what
// stands in a file (KWF_CLOCK): for every process that is given the file, whatever becomes of the processes.
//
// I1 A time that was written counts for all records that are written after it: the file is looked at each time.
// I2 A driven clock stands still, and jumps. Times of records stay the log's, so a timer that is set brings its time with it, in a header.

import { readFileSync } from "node:fs";
import { ExitCode } from "./exit-code.js";
import type { Header } from "./log/log.js";
import { Problem } from "./problem.js";
import { badSetting, type Flags, Settings } from "./settings/settings.js";
import { codedError } from "./usage-error.js";

export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** It jumps: who waits for a time looks again after so long. Absent: it goes as the system's does. */
  readonly lookMs?: number;
}

export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };

export class DrivenClock implements Clock {
  readonly lookMs = 50;
  #last: number;

  /** Throws Problem `bad-setting`. */
  constructor(readonly file: string) {
    const found = timeIn(file);
    if (found === undefined)
      throw badSetting(
        "clock",
        file,
        "a file that holds a time, such as 2030-01-31T10:00:00Z, or milliseconds since 1970",
      );
    this.#last = found;
  }

  now(): number {
    // It may just be in writing.
    this.#last = timeIn(this.file) ?? this.#last;
    return this.#last;
  }

  /** Of a record that sets a timer. */
  header(now: number): readonly [string, string] {
    return [HEADER, String(now)];
  }

  /** When a timer was set; now, if it is not a workflow's. */
  setAt(headers: readonly Header[]): number {
    const text = headers.find(([name]) => name === HEADER)?.[1]?.toString();
    return text === undefined ? this.now() : Number(text);
  }
}

/** Undefined: the system's. Throws Problem `bad-setting`. */
export function drivenClock(settings: Settings): DrivenClock | undefined {
  const file = settings.get("clock");
  return file === undefined ? undefined : new DrivenClock(file);
}

/** Of a command that is given these flags: for what it says, or is asked, about the times of threads. Throws UsageError. */
export function clockOf(flags: Flags): Clock {
  try {
    return drivenClock(new Settings(flags)) ?? SYSTEM_CLOCK;
  } catch (error) {
    throw error instanceof Problem ? codedError(error, ExitCode.usage) : error;
  }
}

const HEADER = "kwf-clock";

function timeIn(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
  const time = /^\d{4}-.*Z$/.test(text) ? Date.parse(text) : text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(time) ? time : undefined;
}
