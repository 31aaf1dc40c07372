// What members of a group tell one another in Kafka's classic group protocol ("consumer" protocol type, version 0 of its
// metadata): topics, what a member had, and a text of its own. Who gets what is ../assignment.ts's.

import type { Subscription } from "../assignment.js";
import type { TopicPartition } from "../log.js";
import { byTopic } from "./offsets.js";
import { Reader, Writer } from "./protocol/wire.js";

/** Part of the name of the protocol, so that members that share out differently do not meet in one group. */
export const ASSIGNER = "kwf-sticky";

interface UserData {
  kwf: 1;
  metadata: string;
  generation: number;
  owned: { topic: string; partitions: number[] }[];
}

export function writeSubscription({ topics, metadata, owned, generation }: Subscription): Buffer {
  const own: UserData = { kwf: 1, metadata, generation, owned: byTopic(owned) };
  const data = Buffer.from(JSON.stringify(own));
  const out = new Writer().int16(0);
  out.array(topics, (topic) => out.string(topic));
  return out.int32(data.length).raw(data).bytes;
}

/** Undefined for what no member of kwf wrote. */
export function readSubscription(bytes: Buffer | null): Subscription | undefined {
  if (!bytes || bytes.length === 0) return undefined;
  try {
    const reader = new Reader(bytes);
    reader.int16();
    const topics = reader.array(() => reader.string());
    const data = JSON.parse(reader.text(Math.max(0, reader.int32()))) as Partial<UserData>;
    if (data.kwf !== 1) return undefined;
    const owned = (data.owned ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    return { topics, metadata: data.metadata ?? "", owned, generation: data.generation ?? -1 };
  } catch {
    return undefined;
  }
}

export function writeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const out = new Writer().int16(0);
  out.array(byTopic(partitions), ({ topic, partitions: own }) => {
    out.string(topic).array(own, (partition) => out.int32(partition));
  });
  return out.int32(0).bytes;
}

export function readAssignment(bytes: Buffer | null): TopicPartition[] {
  if (!bytes || bytes.length === 0) return [];
  const reader = new Reader(bytes);
  reader.int16();
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32() }));
    })
    .flat();
}
