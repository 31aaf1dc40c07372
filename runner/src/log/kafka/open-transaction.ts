import { type OpenTransaction, partitionKey, type TopicPartition } from "../log.js";
import { expectNone } from "./answer.js";
import type { Cluster } from "./cluster.js";
import { listOffsets } from "./offsets.js";
import { fetch } from "./protocol/fetch.js";
import { readBatches } from "./protocol/record-batch.js";

/** The committed end is where the first open transaction begins, so the batch that stands there is of it. */
export async function openTransaction(cluster: Cluster, where: TopicPartition): Promise<OpenTransaction | undefined> {
  const [stable] = await listOffsets(cluster, cluster.shared, [where], "committed");
  const [end] = await listOffsets(cluster, cluster.shared, [where], "uncommitted");
  if (stable === undefined || end === undefined || stable >= end) return undefined;
  const connection = await cluster.shared.to(await cluster.leader(where));
  const places = [{ ...where, topicId: await cluster.topicId(where.topic), offset: stable, maxBytes: 1 }];
  const { answers } = await connection.send(fetch({ places, isolation: "uncommitted", maxWaitMs: 0 }));
  const answer = answers.get(partitionKey(where));
  if (!answer) return undefined;
  expectNone(answer.errorCode, { action: "read", where });
  for (const { lastOffset, transactional, marker, producerId } of readBatches(answer.records)) {
    if (lastOffset < stable) continue;
    // It ended between the questions.
    if (!transactional || marker !== undefined) return undefined;
    const brokers = cluster.settings.brokers.join(",");
    const place = `--topic ${where.topic} --partition ${where.partition} --start-offset ${stable}`;
    const command = `kafka-transactions.sh --bootstrap-server ${brokers} abort ${place}`;
    return { producerId: String(producerId), firstOffset: stable, command };
  }
  return undefined;
}
