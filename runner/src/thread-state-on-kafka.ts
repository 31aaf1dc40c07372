// The state of one thread and its bundle, as they stand on Kafka; no runner needs to be up.

import { type Bundle, loadBundle } from "@kwf/engine";
import { fold } from "./fold.js";
import { partitionOf } from "./log/partitioner.js";
import type { Flags } from "./settings/settings.js";
import { Bundles } from "./threads/bundles.js";
import { bundleNeeded, headerOf } from "./threads/changelog.js";
import { heldPrefix } from "./threads/held-records.js";
import { withKafka } from "./with-kafka.js";

export interface FoundThread {
  readonly state: Uint8Array;
  /** Undefined: none is needed, or it is nowhere. */
  readonly bundle: Bundle | undefined;
  /** How many records wait for it. */
  readonly held: number;
  readonly changelog: string;
}

/** Undefined: there is no such thread. */
export function findThread(flags: Flags, thread: string): Promise<FoundThread | undefined> {
  return withKafka(flags, async ({ log, names }) => {
    const topic = names.changelog();
    const partitions = (await log.describeTopics([topic])).get(topic)?.partitions;
    if (partitions === undefined) return undefined;
    const partition = partitionOf(thread, partitions);
    const waits = heldPrefix(thread);
    const mine = (key: Buffer) => key.toString() === thread || key.toString().startsWith(waits);
    const found = await fold(log, { topic, partition }, mine);
    const state = found.get(thread);
    if (state === undefined || headerOf(state)?.ended !== undefined) return undefined;
    const held = found.size - 1;
    const hash = bundleNeeded(state);
    const source = hash === undefined ? undefined : await new Bundles(log, names.bundles).source(hash);
    const bundle = source === undefined ? undefined : loadBundle(source);
    return { state, bundle, held, changelog: `${topic}-${partition}` };
  });
}
