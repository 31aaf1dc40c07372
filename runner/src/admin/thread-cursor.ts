// Where a page of a list ended, for whoever wants the next one. It names the thread and whether it lived; which partition that is follows
// from the thread.

import type { ThreadSummary } from "./thread-filter.js";
import { LIVE_STATES } from "./thread-filter.js";

export interface Place {
  readonly thread: string;
  readonly ended: boolean;
}

export class BadCursor extends Error {
  override readonly name = "BadCursor";
}

export const cursorOf = ({ thread, state }: ThreadSummary): string =>
  Buffer.from(`${LIVE_STATES.includes(state) ? "l" : "e"}${thread}`).toString("base64url");

/** Throws BadCursor. */
export function placeOfCursor(cursor: string): Place {
  const text = Buffer.from(cursor, "base64url").toString();
  if (!/^[le]./s.test(text) || Buffer.from(text).toString("base64url") !== cursor) {
    throw new BadCursor(`${JSON.stringify(cursor)} is no cursor: it is what the page before said as "next"`);
  }
  return { thread: text.slice(1), ended: text.startsWith("e") };
}
