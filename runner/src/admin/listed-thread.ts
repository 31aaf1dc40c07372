// A thread as lists hand it on: a JSON text, as it lies in the index and goes over HTTP. Of a hundred thousand threads that are counted,
// ordered or printed as JSON none is parsed: what they are ordered by is found in the text.

import type { ThreadSummary } from "./thread-filter.js";

export class ListedThread {
  /** JSON of a ThreadSummary, `thread` first. */
  constructor(readonly text: string) {}

  static of(summary: ThreadSummary): ListedThread {
    return new ListedThread(JSON.stringify(summary));
  }

  get since(): number {
    return Number(SINCE.exec(this.text)?.[1]);
  }
  get activeAt(): number | undefined {
    const found = ACTIVE_AT.exec(this.text);
    return found === null ? undefined : Number(found[1]);
  }
  get summary(): ThreadSummary {
    return usual(this.text) ?? (JSON.parse(this.text) as ThreadSummary);
  }
}

export const summariesOf = (threads: readonly ListedThread[]): ThreadSummary[] => threads.map(({ summary }) => summary);

/** Almost every thread: it runs, waits for one ref, and nothing in its texts is escaped. That takes a third of a JSON.parse. */
function usual(text: string): ThreadSummary | undefined {
  const found = USUAL.exec(text);
  if (found === null) return undefined;
  const [, thread, since, run, bundle, pending, activeAt] = found as unknown as readonly [string, ...string[]];
  return {
    thread: thread!,
    state: "running",
    since: Number(since),
    run: run!,
    bundle: bundle!,
    pending: [pending!],
    activeAt: Number(activeAt),
  };
}

const USUAL =
  /^\{"thread":"([^"\\]*)","state":"running","since":(\d+),"run":"([^"\\]*)","bundle":"([^"\\]*)","pending":\["([^"\\]*)"\],"activeAt":(\d+)\}$/;

// Only a property of that name looks so: within a string a quotation mark has a backslash before it.
const SINCE = /"since":(\d+)/;
const ACTIVE_AT = /"activeAt":(\d+)/;
