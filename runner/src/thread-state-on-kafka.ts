// The state of one thread and its bundle, as they stand on Kafka; no runner needs to be up.

import { type Bundle, loadBundle } from "@kwf/engine";
import { Bundles } from "./bundles.js";
import { bundleNeeded } from "./changelog.js";
import { fold } from "./fold.js";
import { partitionOf } from "./log/partitioner.js";
import type { Flags } from "./settings/settings.js";
import { withKafka } from "./with-kafka.js";

export interface FoundThread {
  readonly state: Uint8Array;
  /** Undefined: none is needed, or it is nowhere. */
  readonly bundle: Bundle | undefined;
  readonly changelog: string;
}

/** Undefined: there is no such thread. */
export function findThread(flags: Flags, thread: string): Promise<FoundThread | undefined> {
  return withKafka(flags, async ({ log, names }) => {
    const topic = names.changelog();
    const partitions = (await log.describeTopics([topic])).get(topic)?.partitions;
    if (partitions === undefined) return undefined;
    const partition = partitionOf(thread, partitions);
    const state = (await fold(log, { topic, partition }, (key) => key.toString() === thread)).get(thread);
    if (state === undefined) return undefined;
    const hash = bundleNeeded(state);
    const source = hash === undefined ? undefined : await new Bundles(log, names.bundles).source(hash);
    return { state, bundle: source === undefined ? undefined : loadBundle(source), changelog: `${topic}-${partition}` };
  });
}
