import { LogUnreachable } from "../errors.js";
import { type GroupOffset, partitionKey, type TopicPartition } from "../log.js";
import { expectNone } from "./answer.js";
import type { Cluster, ConnectionSet } from "./cluster.js";

const LATEST = -1;
const EARLIEST = -2;

export type OffsetKind = "earliest" | "committed" | "uncommitted";

/** One try. The answers in the order of the question. */
export async function listOffsets(
  cluster: Cluster,
  connections: ConnectionSet,
  partitions: readonly TopicPartition[],
  kind: OffsetKind,
): Promise<number[]> {
  const byLeader = new Map<number, TopicPartition[]>();
  for (const where of partitions) {
    const leader = await cluster.leader(where);
    const asked = byLeader.get(leader);
    if (asked) asked.push(where);
    else byLeader.set(leader, [where]);
  }
  const found = new Map<string, number>();
  try {
    await Promise.all(
      [...byLeader].map(async ([leader, asked]) => {
        const connection = await connections.to(leader);
        const { responses } = await connection.call("ListOffsets", {
          isolationLevel: kind === "committed" ? 1 : 0,
          topics: byTopic(asked).map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map((partition) => ({
              partition,
              timestamp: kind === "earliest" ? EARLIEST : LATEST,
            })),
          })),
        });
        for (const { topic, partitions } of responses) {
          for (const { partition, errorCode, offset } of partitions) {
            expectNone(errorCode, { action: "find the offsets of", where: { topic, partition } });
            found.set(partitionKey({ topic, partition }), Number(offset));
          }
        }
      }),
    );
  } catch (error) {
    for (const { topic } of partitions) cluster.forget(topic);
    throw error;
  }
  return partitions.map((where) => {
    const offset = found.get(partitionKey(where));
    if (offset === undefined || offset < 0)
      throw new LogUnreachable(`no answer about the offsets of ${partitionKey(where)}`);
    return offset;
  });
}

export function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const known = topics.get(topic);
    if (known) known.push(partition);
    else topics.set(topic, [partition]);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

export function offsetsByTopic(
  offsets: readonly GroupOffset[],
): { topic: string; partitions: { partition: number; offset: string; metadata: null }[] }[] {
  const known = new Map(offsets.map((one) => [partitionKey(one), one.offset]));
  return byTopic(offsets).map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({
      partition,
      offset: String(known.get(partitionKey({ topic, partition }))),
      metadata: null,
    })),
  }));
}
