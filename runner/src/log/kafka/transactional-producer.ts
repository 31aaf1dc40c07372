// Transactions (KIP-98). It owns one producer id and epoch from its fence to its end; ../transaction-state.ts owns what may
// follow what, ../transaction.ts the order of the caller's sends, flushes and commit.
//
// I1 Every error between the first request of a transaction and the answer to its commit ends the producer (port I1). Nothing
//    is sent a second time: the sequence numbers of what the broker did not acknowledge are never used for other records.
//    One answer is not an error: "ask again" when partitions or offsets are added (CONCURRENT_TRANSACTIONS: the markers of the
//    transaction before are still being written), by which the broker says that it has done nothing.
// I2 Partitions are added to the transaction, acknowledged, before a record goes to them.
// I3 One produce in flight a partition: a flush sends rounds of one batch a partition and waits for all of a round. Flushes
//    follow one another.
// I4 The commit is asked for only when every batch has its own acknowledgement, by topic and partition, with an offset.
// I5 What was added and could not be looked up or does not fit is refused before the first request, and costs nothing.

import { setTimeout as sleep } from "node:timers/promises";
import { LogUnreachable, ProducerEnded, RecordRefused, RequestRefused } from "../errors.js";
import {
  type Committed,
  type FenceOptions,
  type NewRecord,
  partitionKey,
  type TopicPartition,
  type Transaction,
  type TransactionalProducer,
} from "../log.js";
import { begin, type OffsetsOfGroup } from "../transaction.js";
import { TransactionState } from "../transaction-state.js";
import { answerError, Code, expectNone, type Subject } from "./answer.js";
import { type Pile, pile, Sequences } from "./batches.js";
import type { Cluster, ConnectionSet } from "./cluster.js";
import type { BrokerConnection } from "./connection.js";
import { byTopic, offsetsByTopic } from "./offsets.js";
import { answerWithinMs, REQUEST_BYTES } from "./produce-requests.js";
import { type ProduceAnswer, produce } from "./protocol/produce.js";
import { retrying } from "./retry.js";
import type { TopicLimits } from "./topics.js";

const MARKERS_FIRST_WAIT_MS = 1;
const MARKERS_LONGEST_WAIT_MS = 50;

interface Refusal {
  readonly errorCode: number;
  readonly subject: Subject;
}

export interface ProducerIdentity {
  readonly producerId: string;
  readonly epoch: number;
}

/** InitProducerId until it is answered; an answer that is lost costs an epoch and nothing else. */
export async function fence(
  cluster: Cluster,
  connections: ConnectionSet,
  transactionalId: string,
  { transactionTimeoutMs = 10_000, signal }: FenceOptions,
): Promise<ProducerIdentity> {
  const attempt = async (): Promise<ProducerIdentity> => {
    try {
      const connection = await connections.to(await cluster.coordinator("transaction", transactionalId));
      const answer = await connection.call("InitProducerId", {
        transactionalId,
        transactionTimeout: transactionTimeoutMs,
      });
      expectNone(answer.errorCode, { action: "fence", transactionalId });
      return { producerId: answer.producerId, epoch: answer.producerEpoch };
    } catch (error) {
      cluster.forgetCoordinator("transaction", transactionalId);
      throw error;
    }
  };
  const what = `fence ${transactionalId}`;
  return retrying(attempt, {
    what,
    troubles: cluster.troubles,
    timeoutMs: cluster.operationTimeoutMs,
    signal,
    maxDelayMs: 250,
  });
}

export class KafkaTransactionalProducer implements TransactionalProducer {
  readonly transactionalId: string;
  readonly epoch: ProducerIdentity;
  readonly #producerId: bigint;
  readonly #cluster: Cluster;
  readonly #connections: ConnectionSet;
  readonly #limits: TopicLimits;
  readonly #onClose: (producer: KafkaTransactionalProducer) => void;
  readonly #state: TransactionState;
  readonly #sequences = new Sequences();

  constructor(
    parts: { cluster: Cluster; connections: ConnectionSet; limits: TopicLimits },
    transactionalId: string,
    identity: ProducerIdentity,
    onClose: (producer: KafkaTransactionalProducer) => void,
  ) {
    this.#cluster = parts.cluster;
    this.#connections = parts.connections;
    this.#limits = parts.limits;
    this.transactionalId = transactionalId;
    this.epoch = identity;
    this.#producerId = BigInt(identity.producerId);
    this.#onClose = onClose;
    this.#state = new TransactionState(transactionalId);
  }

  get ended(): Error | undefined {
    return this.#state.cause;
  }

  begin(): Transaction {
    const added = new Set<string>();
    const lastOffsets = new Map<string, number>();
    const send = (records: readonly NewRecord[]) => this.#send(records, added, lastOffsets);
    return begin(this.#state, {
      send,
      commit: async (rest, offsets): Promise<Committed> => {
        if (rest.length > 0) await send(rest);
        for (const own of offsets) await this.#commitOffsets(own);
        if (this.#state.state === "sent") {
          this.#state.step("commit");
          await this.#endTransaction(true);
        }
        return { lastOffset: (topic, partition) => lastOffsets.get(partitionKey({ topic, partition })) };
      },
      abort: async (): Promise<void> => {
        if (this.#state.state === "sent") await this.#endTransaction(false).catch(() => {});
        await this.#end(new ProducerEnded(`the transaction of ${this.transactionalId} was aborted`));
      },
    });
  }

  async close(): Promise<void> {
    await this.#end(new ProducerEnded(`the producer ${this.transactionalId} was closed`));
  }

  async #end(cause: Error): Promise<void> {
    this.#state.end(cause);
    this.#connections.close();
    this.#onClose(this);
  }

  /** Everything from the first request on runs in here (I1). */
  async #orEnd<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#end(error as Error);
      throw error;
    }
  }

  async #send(records: readonly NewRecord[], added: Set<string>, lastOffsets: Map<string, number>): Promise<void> {
    let piles: Map<string, Pile>;
    const leaders = new Map<string, number>();
    try {
      const limits = await this.#limits.of(new Set(records.map(({ topic }) => topic)));
      piles = pile(records, limits, Date.now());
      for (const [key, where] of piles) leaders.set(key, await this.#cluster.leader(where));
    } catch (error) {
      // After the first request this ends the producer too.
      if (this.#state.state !== "open") await this.#end(error as Error);
      throw error;
    }
    this.#state.step("send");
    await this.#orEnd(async () => {
      await this.#add([...piles.values()].filter((where) => !added.has(partitionKey(where))));
      for (const key of piles.keys()) added.add(key);
      const nodes = new Map<number, Pile[]>();
      for (const [key, one] of piles) {
        const node = leaders.get(key)!;
        nodes.set(node, [...(nodes.get(node) ?? []), one]);
      }
      const all = await Promise.allSettled([...nodes].map(([node, own]) => this.#toLeader(node, own, lastOffsets)));
      for (const one of all) if (one.status === "rejected") throw one.reason;
    });
  }

  async #add(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const { transactionalId } = this;
    await this.#untilTaken(async (connection) => {
      const { errors } = await connection.call("AddPartitionsToTxn", {
        transactionalId,
        producerId: this.epoch.producerId,
        producerEpoch: this.epoch.epoch,
        topics: byTopic(partitions),
      });
      const codes = errors.flatMap(({ topic, partitionErrors }) => partitionErrors.map((one) => ({ topic, ...one })));
      const problem =
        codes.find(({ errorCode }) => errorCode !== Code.none && errorCode !== Code.operationNotAttempted) ??
        codes.find(({ errorCode }) => errorCode !== Code.none);
      if (problem !== undefined) {
        const { topic, partition, errorCode } = problem;
        return { errorCode, subject: { action: "write", where: { topic, partition }, transactionalId } };
      }
      if (codes.length === partitions.length) return undefined;
      throw new LogUnreachable(`${transactionalId}: not every partition was answered for`);
    });
  }

  /** The group's offsets are a partition of the transaction (I2), and written by the group's coordinator. */
  async #commitOffsets({ group, offsets }: OffsetsOfGroup): Promise<void> {
    const { transactionalId } = this;
    const { producerId, epoch: producerEpoch } = this.epoch;
    const identity = { transactionalId, producerId, producerEpoch, groupId: group };
    const action = "commit the offsets of";
    if (this.#state.state === "open") this.#state.step("send");
    await this.#orEnd(async () => {
      await this.#untilTaken(async (connection) => {
        const { errorCode } = await connection.call("AddOffsetsToTxn", identity);
        return errorCode === Code.none ? undefined : { errorCode, subject: { action, group, transactionalId } };
      });
      try {
        const connection = await this.#connections.to(await this.#cluster.coordinator("group", group));
        const answer = await connection.call("TxnOffsetCommit", { ...identity, topics: offsetsByTopic(offsets) });
        const codes = answer.topics.flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one })));
        for (const { topic, partition, errorCode } of codes)
          expectNone(errorCode, {
            action: "commit the offset of",
            where: { topic, partition },
            group,
            transactionalId,
          });
        if (codes.length !== offsets.length)
          throw new LogUnreachable(`${transactionalId}: not every offset was answered for`);
      } catch (error) {
        this.#cluster.forgetCoordinator("group", group);
        throw error;
      }
    });
  }

  /** Asks again where the coordinator says that it has done nothing yet (I1). */
  async #untilTaken(ask: (connection: BrokerConnection) => Promise<Refusal | undefined>): Promise<void> {
    let wait = MARKERS_FIRST_WAIT_MS;
    const deadline = performance.now() + this.#cluster.operationTimeoutMs;
    for (;;) {
      const refusal = await ask(await this.#coordinator());
      if (refusal === undefined) return;
      const { errorCode, subject } = refusal;
      const again = errorCode === Code.concurrentTransactions || errorCode === Code.coordinatorLoading;
      if (!again || performance.now() > deadline) throw answerError(errorCode, subject);
      await sleep(wait);
      wait = Math.min(wait * 2, MARKERS_LONGEST_WAIT_MS);
    }
  }

  /** Whoever does not take it may have stopped being the leader, or being at all: the next producer asks who leads. */
  async #toLeader(node: number, piles: readonly Pile[], lastOffsets: Map<string, number>): Promise<void> {
    try {
      await this.#produce(node, piles, lastOffsets);
    } catch (error) {
      for (const { topic } of piles) this.#cluster.forget(topic);
      throw error;
    }
  }

  async #produce(node: number, piles: readonly Pile[], lastOffsets: Map<string, number>): Promise<void> {
    const connection = await this.#connections.to(node);
    const timeoutMs = answerWithinMs(this.#cluster.settings.requestTimeoutMs);
    let rest = piles.map((where) => ({ where, batches: [...where.batches] }));
    while (rest.length > 0) {
      let bytes = 0;
      const round: { where: TopicPartition; count: number; batch: Buffer }[] = [];
      for (const { where, batches } of rest) {
        const builder = batches[0]!;
        const batch = builder.finish(true, this.#sequences.stamp(where, this.#producerId, this.epoch.epoch));
        if (bytes > 0 && bytes + batch.length > REQUEST_BYTES) break;
        bytes += batch.length;
        batches.shift();
        round.push({ where, count: builder.count, batch });
      }
      const request = produce({
        transactionalId: this.transactionalId,
        timeoutMs,
        batches: round.map(({ where, batch }) => ({ topic: where.topic, partition: where.partition, batch })),
      });
      const { answers } = await connection.send(request);
      for (const { where, count } of round) {
        const baseOffset = this.#acknowledged(where, answers);
        this.#sequences.advance(where, count);
        lastOffsets.set(partitionKey(where), baseOffset + count - 1);
      }
      rest = rest.filter(({ batches }) => batches.length > 0);
    }
  }

  /** The offset of the batch's first record (I4). */
  #acknowledged(where: TopicPartition, answers: readonly ProduceAnswer[]): number {
    const { transactionalId } = this;
    const answer = answers.find(({ topic, partition }) => topic === where.topic && partition === where.partition);
    if (!answer) throw new LogUnreachable(`${transactionalId}: no acknowledgement for ${partitionKey(where)}`);
    if (answer.errorCode !== Code.none) {
      const error = answerError(answer.errorCode, { action: "write", where, transactionalId, detail: answer.message });
      if (error instanceof RecordRefused) this.#limits.forget(where.topic);
      throw error;
    }
    if (answer.baseOffset < 0)
      throw new RequestRefused(`${transactionalId}: ${partitionKey(where)} was acknowledged without an offset`);
    return answer.baseOffset;
  }

  async #coordinator() {
    return this.#connections.to(await this.#cluster.coordinator("transaction", this.transactionalId));
  }

  #endTransaction(commit: boolean): Promise<void> {
    const { transactionalId } = this;
    return this.#orEnd(async () => {
      try {
        const answer = await (await this.#coordinator()).call("EndTxn", {
          transactionalId,
          producerId: this.epoch.producerId,
          producerEpoch: this.epoch.epoch,
          transactionResult: commit,
        });
        expectNone(answer.errorCode, { action: commit ? "commit" : "abort", transactionalId });
      } catch (error) {
        this.#cluster.forgetCoordinator("transaction", transactionalId);
        throw error;
      }
    });
  }
}
