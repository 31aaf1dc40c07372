// Produce without transactions, for clients: all replicas, in order per partition, without doubles (an idempotent producer,
// KIP-98). It owns one producer id and its sequence numbers.
//
// I1 One round at a time, one batch a partition in it. A batch whose answer was lost is sent again under the same sequence
//    numbers, so the broker knows it; nothing else goes to its partition before.
// I2 When a batch is given up without an answer the producer id is given up with it: its sequence numbers can be trusted no
//    more. What was asked for then rejects with LogUnreachable: it may be in the log.

import { LogClosed, LogUnreachable, mayPass, NotAuthorized, RecordRefused, TopicMissing } from "../errors.js";
import { type NewRecord, type PlainRecord, type Produced, partitionKey, type TopicPartition } from "../log.js";
import { partitionOf } from "../partitioner.js";
import { answerError, Code, expectNone } from "./answer.js";
import { expectFit, type Pile, pile, Sequences } from "./batches.js";
import type { Cluster, ConnectionSet } from "./cluster.js";
import { ProduceRequests } from "./produce-requests.js";
import type { BatchBuilder } from "./protocol/record-batch.js";
import { retrying } from "./retry.js";
import type { TopicLimits } from "./topics.js";

interface Call {
  readonly records: readonly PlainRecord[];
  readonly resolve: (produced: Produced[]) => void;
  readonly reject: (error: Error) => void;
}

interface Identity {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequences: Sequences;
}

export class PlainProducer {
  readonly #cluster: Cluster;
  readonly #limits: TopicLimits;
  readonly #connections: ConnectionSet;
  readonly #requests: ProduceRequests;
  readonly #closing = new AbortController();
  #identity: Promise<Identity> | undefined;
  #waiting: Call[] = [];
  #draining = false;

  constructor(cluster: Cluster, limits: TopicLimits) {
    this.#cluster = cluster;
    this.#limits = limits;
    this.#connections = cluster.connections();
    this.#requests = new ProduceRequests(this.#connections, cluster.settings.requestTimeoutMs);
  }

  produce(records: readonly PlainRecord[]): Promise<Produced[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      if (!this.#draining) this.#drain();
    });
  }

  close(): void {
    this.#closing.abort(new LogClosed("the log is closed"));
    this.#connections.close();
  }

  /** Whoever asked during a round is in the next one. */
  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      await this.#round(calls);
    }
    this.#draining = false;
  }

  async #round(calls: readonly Call[]): Promise<void> {
    const limits = new Map<string, number>();
    const accepted: { call: Call; records: NewRecord[] }[] = [];
    for (const call of calls) {
      try {
        const records = await this.#prepare(call.records, limits);
        expectFit(records, limits);
        accepted.push({ call, records });
      } catch (error) {
        call.reject(error as Error);
      }
    }
    const piles = pile(
      accepted.flatMap(({ records }) => records),
      limits,
      Date.now(),
    );
    const outcomes = new Map<string, (number | Error)[]>();
    await Promise.all([...piles].map(async ([key, one]) => outcomes.set(key, await this.#pile(one))));
    for (const { call, records } of accepted) {
      const produced: Produced[] = [];
      let problem: Error | undefined;
      for (const { topic, partition } of records) {
        const outcome = outcomes.get(partitionKey({ topic, partition }))!.shift()!;
        if (outcome instanceof Error) problem ??= outcome;
        else produced.push({ topic, partition, offset: outcome });
      }
      if (problem) call.reject(problem);
      else call.resolve(produced);
    }
  }

  #prepare(plain: readonly PlainRecord[], limits: Map<string, number>): Promise<NewRecord[]> {
    return this.#retrying("prepare to write", async () => {
      const records: NewRecord[] = [];
      for (const record of plain)
        records.push({ ...record, partition: record.partition ?? (await this.#partition(record)) });
      const own = await this.#limits.of(new Set(records.map(({ topic }) => topic)));
      for (const [topic, limit] of own) limits.set(topic, limit);
      return records;
    });
  }

  /** The offset of each record, or what came of it. After a batch that failed the rest of the pile is not sent: order. */
  async #pile({ topic, partition, batches }: Pile): Promise<(number | Error)[]> {
    const outcomes: (number | Error)[] = [];
    let problem: Error | undefined;
    for (const batch of batches) {
      let base = 0;
      try {
        if (!problem) base = await this.#batch({ topic, partition }, batch);
      } catch (error) {
        problem = error as Error;
      }
      for (let i = 0; i < batch.count; i++) outcomes.push(problem ?? base + i);
    }
    return outcomes;
  }

  /** As the default partitioner does; records without a key go anywhere. */
  async #partition({ topic, key }: PlainRecord): Promise<number> {
    const count = await this.#cluster.partitions(topic);
    return key === null ? Math.floor(Math.random() * count) : partitionOf(key, count);
  }

  #retrying<T>(what: string, attempt: () => Promise<T>, worth = mayPass): Promise<T> {
    const { troubles, operationTimeoutMs: timeoutMs } = this.#cluster;
    return retrying(attempt, { what, troubles, timeoutMs, signal: this.#closing.signal, worth });
  }

  async #batch(where: TopicPartition, batch: BatchBuilder): Promise<number> {
    const identity = this.#identify();
    const { producerId, epoch, sequences } = await identity.catch((error) => {
      if (this.#identity === identity) this.#identity = undefined;
      throw error;
    });
    const bytes = batch.finish(false, sequences.stamp(where, producerId, epoch));
    let unanswered = false;
    try {
      const baseOffset = await this.#retrying(`write ${partitionKey(where)}`, async () => {
        try {
          return await this.#send(where, bytes);
        } catch (error) {
          unanswered ||= error instanceof LogUnreachable;
          this.#cluster.forget(where.topic);
          throw error;
        }
      });
      sequences.advance(where, batch.count);
      return baseOffset;
    } catch (error) {
      // Refused at once, so never in doubt: the sequence numbers are still free.
      const refused = error instanceof NotAuthorized || error instanceof TopicMissing || error instanceof RecordRefused;
      if ((unanswered || !refused) && this.#identity === identity) this.#identity = undefined; // I2
      throw error;
    }
  }

  async #send(where: TopicPartition, batch: Buffer): Promise<number> {
    const answer = await this.#requests.send(await this.#cluster.leader(where), { ...where, batch });
    // So long ago that the broker no longer knows where: it is there, and that is all that was asked.
    if (answer.errorCode === Code.duplicateSequence) return answer.baseOffset;
    if (answer.errorCode === Code.recordTooLarge) this.#limits.forget(where.topic);
    if (answer.errorCode !== Code.none) {
      throw answerError(answer.errorCode, { action: "write", where, detail: answer.message });
    }
    return answer.baseOffset;
  }

  /** The same for all batches of a round. */
  #identify(): Promise<Identity> {
    const identity = this.#identity ?? this.#newIdentity();
    this.#identity = identity;
    return identity;
  }

  async #newIdentity(): Promise<Identity> {
    return this.#retrying("begin to write", async () => {
      const connection = await this.#connections.any();
      const answer = await connection.call("InitProducerId", { transactionalId: null, transactionTimeout: 60_000 });
      expectNone(answer.errorCode, { action: "write without a transaction" });
      return { producerId: BigInt(answer.producerId), epoch: answer.producerEpoch, sequences: new Sequences() };
    });
  }
}
