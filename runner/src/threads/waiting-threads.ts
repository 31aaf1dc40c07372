// Threads that pause for a cause that can go away by itself: a topic that does not exist, a permission, a bundle that is nowhere. A runner
// looks from time to time whether it has gone, and then asks for a retry as an operator would: with a record of its own, so that
// whoever owns the partition by then runs it.

import type { Failure } from "@kwf/engine";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { indexKey, nameOf, threadKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { describeVisible } from "../topics/topic-table.js";
import type { Bundles } from "./bundles.js";
import { ATTENTION_INDEX } from "./changelog.js";
import { bundleNeeded, headerOf } from "./state-header.js";
import type { Verdict } from "./verdict.js";

/** No more at once: others may have something to do too. */
const MOST = 200;

export interface WaitingOptions {
  readonly log: Log;
  readonly names: Names;
  readonly bundles: Bundles;
}

/** How many threads were asked to go on. */
export async function retryWaiting(store: StateStore, options: WaitingOptions): Promise<number> {
  const prefix = indexKey(ATTENTION_INDEX);
  const ready: { key: string; offset: string }[] = [];
  const topics = new Map<string, boolean>();
  for await (const { key, value } of store.range({ prefix })) {
    const code = Buffer.from(value).toString();
    if (!/ (KWF_TOPIC_MISSING|KWF_NOT_AUTHORIZED|KWF_FOREIGN_BUNDLE)$/.test(code)) continue;
    const thread = Buffer.from(nameOf(key)).toString().slice(ATTENTION_INDEX.length);
    const [state] = await store.getMany([threadKey(thread)]);
    const failure = state === undefined ? undefined : headerOf(state)?.paused?.failure;
    if (state === undefined || failure === undefined) continue;
    if (await hasGone(state, failure, topics, options)) ready.push({ key: thread, offset: failure.offset });
    if (ready.length >= MOST) break;
  }
  if (ready.length === 0) return 0;
  const topic = options.names.resume;
  const retry = (offset: string) => `ctl:${JSON.stringify({ op: "retry", offset, reason: "its cause has gone" })}`;
  await options.log.produce(ready.map(({ key, offset }) => ({ topic, key, value: retry(offset) })));
  return ready.length;
}

async function hasGone(
  state: Uint8Array,
  { error }: Failure,
  topics: Map<string, boolean>,
  { log, bundles }: WaitingOptions,
): Promise<boolean> {
  if (error.code === "KWF_FOREIGN_BUNDLE") {
    const hash = bundleNeeded(state);
    return hash !== undefined && (await bundles.source(hash)) !== undefined;
  }
  const { topic } = error as Verdict;
  if (topic === undefined) return false;
  if (!topics.has(topic)) topics.set(topic, await mayBeWritten(log, topic));
  return topics.get(topic) === true;
}

async function mayBeWritten(log: Log, topic: string): Promise<boolean> {
  const description = (await describeVisible(log, [topic])).found.get(topic);
  return description !== undefined && description.may?.write !== false;
}
