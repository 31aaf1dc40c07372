// Owns the layout of the key space of the embedded log. The first byte is the space; numbers are big-endian, so that what lies
// together is read in order:
//
//   00                                                            what this log is: LogRow
//   01 <topic>                                                    TopicRow
//   02 <topic id:4> <partition:4>                                 PartitionRow
//   03 <transactional id>                                         ProducerRow
//   04 <topic id:4> <partition:4> <first:8> <producer:8> <epoch:2> AbortedRow
//   05 ["<group>","<topic>",<partition>]                          the offset the group has committed
//   06 <topic id:4>                                               a topic that was deleted and whose batches are not all gone
//   10 <topic id:4> <partition:4> <last offset:8>                 a batch of records (batch-row.ts)
//
// I1 A batch lies under its *last* offset: the first key that is not below an offset is the batch that offset lies in, or, where
//    compaction took it, the next one.
// I2 The number of a topic is its own for ever: what is left of one that was deleted is never taken for its successor's.

const Space = {
  log: 0x00,
  topic: 0x01,
  partition: 0x02,
  producer: 0x03,
  aborted: 0x04,
  groupOffset: 0x05,
  deleted: 0x06,
  batch: 0x10,
} as const;

export type Row = Exclude<keyof typeof Space, "batch">;

const rowOf = new Map<number, Row>(
  Object.entries(Space).flatMap(([name, byte]) => (name === "batch" ? [] : [[byte, name as Row]])),
);

/** Everything but the batches. */
export const ALL_ROWS = { gte: Buffer.of(Space.log), lt: Buffer.of(Space.batch) } as const;

/** Undefined for a space of another release. */
export const spaceOf = (key: Buffer): Row | undefined => rowOf.get(key[0]!);

export const LOG_KEY = Buffer.of(Space.log);

export const topicKey = (topic: string): Buffer => withText(Space.topic, topic);
export const producerKey = (transactionalId: string): Buffer => withText(Space.producer, transactionalId);

export function groupOffsetKey(group: string, topic: string, partition: number): Buffer {
  return withText(Space.groupOffset, JSON.stringify([group, topic, partition]));
}

/** What stands behind the space, for the spaces of texts. */
export const textOf = (key: Buffer): string => key.toString("utf8", 1);

export function partitionRowKey(topicId: number, partition: number): Buffer {
  return numbered(Space.partition, 9, topicId, partition);
}

export function deletedKey(topicId: number): Buffer {
  const key = Buffer.alloc(5);
  key[0] = Space.deleted;
  key.writeUInt32BE(topicId, 1);
  return key;
}

export interface AbortedKey {
  readonly topicId: number;
  readonly partition: number;
  readonly first: number;
  readonly producerId: number;
  readonly epoch: number;
}

export function abortedKey({ topicId, partition, first, producerId, epoch }: AbortedKey): Buffer {
  const key = numbered(Space.aborted, 27, topicId, partition);
  key.writeBigUInt64BE(BigInt(first), 9);
  key.writeBigUInt64BE(BigInt(producerId), 17);
  key.writeUInt16BE(epoch, 25);
  return key;
}

export function readAbortedKey(key: Buffer): AbortedKey {
  return {
    ...readPartitionKey(key),
    first: Number(key.readBigUInt64BE(9)),
    producerId: Number(key.readBigUInt64BE(17)),
    epoch: key.readUInt16BE(25),
  };
}

/** Of a partition's row, an aborted transaction or a batch. */
export function readPartitionKey(key: Buffer): { readonly topicId: number; readonly partition: number } {
  return { topicId: key.readUInt32BE(1), partition: key.readUInt32BE(5) };
}

export function batchKey(topicId: number, partition: number, lastOffset: number): Buffer {
  const key = numbered(Space.batch, 17, topicId, partition);
  key.writeBigUInt64BE(BigInt(lastOffset), 9);
  return key;
}

export const lastOffsetOf = (key: Buffer): number => Number(key.readBigUInt64BE(9));

/** Everything that lies under the number of a topic, but for the note that it was deleted. */
export function allOf(topicId: number): { readonly gte: Buffer; readonly lt: Buffer }[] {
  return [Space.partition, Space.aborted, Space.batch].map((space) => ({
    gte: numbered(space, 9, topicId, 0),
    lt: numbered(space, 9, topicId + 1, 0),
  }));
}

function numbered(space: number, size: number, topicId: number, partition: number): Buffer {
  const key = Buffer.alloc(size);
  key[0] = space;
  key.writeUInt32BE(topicId, 1);
  key.writeUInt32BE(partition, 5);
  return key;
}

function withText(space: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  key[0] = space;
  key.write(text, 1);
  return key;
}
