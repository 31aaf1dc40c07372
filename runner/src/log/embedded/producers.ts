// The transactional ids: who may write under each, and what of it is not over yet (KIP-98, without a network between).
//
// I1 An epoch that is not the last one of its id changes nothing: checked in the tick in which the change is made (journal.ts, I1).
// I2 A transaction ends once: by its commit, its abort, the next fence, its timeout, or when the log is opened again after the process
//    that had it is gone.
// I3 An ended transaction takes one offset of each of its partitions, as Kafka's markers do, and nothing else.
// I4 Only a transaction that was sent and not committed in one go is noted on the disk; what was noted there and has no end is
//    undone when the log is opened.
// I5 Offsets of a group are written with the commit, in one round, and were nowhere before.

import { ProducerFenced } from "../errors.js";
import { type OpenTransaction, partitionKey } from "../log.js";
import type { OffsetsOfGroup } from "../transaction.js";
import { bytesOf, expectWelcome, type Packed, place } from "./append.js";
import { bytesOf as bytesOfOffsets, type Groups } from "./groups.js";
import type { LogIdentity } from "./identity.js";
import type { Change, Journal, Round } from "./journal.js";
import { abortedKey, producerKey } from "./keys.js";
import type { Partition, TransactionKey } from "./partition.js";
import { type ProducerRow, writeRow } from "./rows.js";

const LAST_EPOCH = 0x7fff;
const ROW_BYTES = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a producer holds to prove that it is the last one of its id. */
export interface Epoch {
  readonly producerId: number;
  readonly epoch: number;
}

interface Producer {
  readonly transactionalId: string;
  producerId: number;
  epoch: number;
  /** The first offset of the open transaction in each of its partitions. */
  readonly open: Map<Partition, number>;
  noted: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class Producers {
  readonly #journal: Journal;
  readonly #identity: LogIdentity;
  readonly #groups: Groups;
  readonly #rolled: (partition: Partition) => void;
  readonly #producers = new Map<string, Producer>();

  /** `rolled` hears of every segment that is over. */
  constructor(journal: Journal, identity: LogIdentity, groups: Groups, rolled: (partition: Partition) => void) {
    this.#journal = journal;
    this.#identity = identity;
    this.#groups = groups;
    this.#rolled = rolled;
  }

  restore(transactionalId: string, { producerId, epoch }: ProducerRow, open: ReadonlyMap<Partition, number>): void {
    const producer = this.#add(transactionalId, producerId, epoch);
    for (const [partition, first] of open) {
      producer.open.set(partition, first);
      partition.open.set(keyOf(producer), first);
    }
    producer.noted = open.size > 0;
  }

  /** What the process before has left open. */
  async undoOpen(): Promise<void> {
    const left = [...this.#producers.values()].filter(({ noted }) => noted);
    if (left.length === 0) return;
    const make = (round: Round) => {
      for (const producer of left) this.#end(round, producer, false);
    };
    await this.#journal.write({ bytes: left.length * ROW_BYTES, make });
  }

  fence(transactionalId: string): Promise<Epoch> {
    const make = (round: Round): Epoch => {
      const known = this.#producers.get(transactionalId);
      if (known) {
        this.#end(round, known, false);
        this.#supersede(round, known);
      }
      const producer = known ?? this.#add(transactionalId, this.#identity.takeProducerId(round), 0);
      this.#note(round, producer);
      return { producerId: producer.producerId, epoch: producer.epoch };
    };
    return this.#journal.write({ bytes: ROW_BYTES, make });
  }

  /**
   * Adds to the transaction; the last offset of each partition. With `commit` that is all of it, and it is over, and `offsets` count.
   * Throws ProducerFenced, TopicMissing, RecordRefused.
   */
  write(
    transactionalId: string,
    epoch: Epoch,
    packed: readonly Packed[],
    { commit, timeoutMs, offsets = [] }: { commit: boolean; timeoutMs: number; offsets?: readonly OffsetsOfGroup[] },
  ): Promise<Map<string, number>> {
    const make = (round: Round): Map<string, number> => {
      const producer = this.#last(transactionalId, epoch);
      expectWelcome(packed);
      const lastOffsets = new Map<string, number>();
      for (const one of packed) {
        const { partition } = one;
        if (!producer.open.has(partition)) {
          producer.open.set(partition, partition.next);
          partition.open.set(keyOf(producer), partition.next);
        }
        place(round, one, this.#rolled);
        lastOffsets.set(partitionKey(partition), partition.next - 1);
      }
      if (commit) {
        this.#end(round, producer, true);
        for (const { group, offsets: own } of offsets) this.#groups.put(round, group, own);
      } else {
        producer.noted = true;
        this.#note(round, producer);
        producer.timer ??= this.#timeout(producer, timeoutMs);
      }
      return lastOffsets;
    };
    const change: Change<Map<string, number>> = {
      bytes: offsets.reduce((sum, { offsets: own }) => sum + bytesOfOffsets(own), bytesOf(packed)),
      make,
    };
    return this.#journal.write(change);
  }

  /** Throws ProducerFenced. */
  abort(transactionalId: string, epoch: Epoch): Promise<void> {
    const make = (round: Round) => this.#end(round, this.#last(transactionalId, epoch), false);
    return this.#journal.write({ bytes: ROW_BYTES, make });
  }

  /** Nobody waits for what is open: it is undone by the next one who opens the log. */
  close(): void {
    for (const { timer } of this.#producers.values()) clearTimeout(timer);
  }

  #add(transactionalId: string, producerId: number, epoch: number): Producer {
    const producer: Producer = {
      transactionalId,
      producerId,
      epoch,
      open: new Map(),
      noted: false,
      timer: undefined,
    };
    this.#producers.set(transactionalId, producer);
    return producer;
  }

  /** Of the one with that epoch. Throws ProducerFenced when another came (I1). */
  #last(transactionalId: string, { producerId, epoch }: Epoch): Producer {
    const producer = this.#producers.get(transactionalId);
    if (producer?.producerId === producerId && producer.epoch === epoch) return producer;
    throw new ProducerFenced(
      `${transactionalId} was fenced: another producer of that id came, or its transaction timed out`,
    );
  }

  #end(round: Round, producer: Producer, commit: boolean): void {
    const key = keyOf(producer);
    const { producerId, epoch } = producer;
    for (const [partition, first] of producer.open) {
      if (partition.of.deleted) continue;
      const last = partition.next;
      partition.next += 1; // I3
      round.touch(partition);
      if (!commit) {
        const row = abortedKey({
          topicId: partition.of.id,
          partition: partition.partition,
          first,
          producerId,
          epoch,
        });
        round.put(row, writeRow(row, { last }));
      }
      round.afterwards(() => {
        partition.open.delete(key);
        if (!commit) partition.aborted.set(key, { first, last });
      });
    }
    producer.open.clear();
    clearTimeout(producer.timer);
    producer.timer = undefined;
    if (producer.noted) {
      producer.noted = false;
      this.#note(round, producer);
    }
  }

  #supersede(round: Round, producer: Producer): void {
    if (producer.epoch < LAST_EPOCH) producer.epoch += 1;
    else {
      producer.producerId = this.#identity.takeProducerId(round);
      producer.epoch = 0;
    }
  }

  #note(round: Round, producer: Producer): void {
    const { transactionalId, producerId, epoch, open } = producer;
    const key = producerKey(transactionalId);
    const places = [...open].map(([{ of, partition }, first]) => [of.id, partition, first] as const);
    round.put(key, writeRow(key, { producerId, epoch, open: places }));
  }

  #timeout(producer: Producer, ms: number): NodeJS.Timeout {
    const { producerId, epoch } = producer;
    const make = (round: Round) => {
      if (producer.producerId !== producerId || producer.epoch !== epoch || producer.timer !== timer) return;
      this.#end(round, producer, false);
      this.#supersede(round, producer);
      this.#note(round, producer);
    };
    const timer = setTimeout(
      () => {
        this.#journal.write({ bytes: ROW_BYTES, make }).catch(() => {}); // A log that is closed or ended: I2.
      },
      Math.min(ms, LONGEST_TIMER_MS),
    ).unref();
    return timer;
  }
}

function keyOf({ producerId, epoch }: Epoch): TransactionKey {
  return `${producerId}/${epoch}`;
}

/** The first one of a partition, as far as it can be read. */
export function openTransaction(partition: Partition): OpenTransaction | undefined {
  const { stable, end } = partition;
  if (stable >= end) return undefined;
  for (const [key, first] of partition.open) {
    if (first === stable) return { producerId: key.split("/")[0]!, firstOffset: first };
  }
  return undefined;
}
