// Reads one partition, on a connection of its own as long as something happens there, with the other quiet ones of its broker
// (shared-poll.ts) when nothing does. It owns the position; the cluster owns who leads the partition, the filter (aborted.ts) which
// batches count.
//
// I1 The position is the offset after the last batch that was looked at, not after the last record that was given: markers,
//    aborted records, and batches that compaction emptied are passed over.
// I2 At most one part is fetched that nobody has asked for yet, and only where there is more already: at the end of the log a part that is
//    asked for late has all that came meanwhile, and whoever commits part by part commits less often.
// I3 A part that was asked for before a seek is never given after it.
// I4 Whether a position is outside the log is decided by the log's own ends, and then thrown (port I4); everything else that
//    a broker may answer is asked again, for ever.

import { LogClosed, LogUnavailable, mayPass, NotAuthorized, OffsetOutOfRange, TopicMissing } from "../errors.js";
import { Gate } from "../gate.js";
import { type LogRecord, type PartitionReader, partitionKey, type ReaderOptions, type ReadPart } from "../log.js";
import { AbortedFilter } from "./aborted.js";
import { answerError, Code } from "./answer.js";
import type { Cluster, ConnectionSet } from "./cluster.js";
import { listOffsets } from "./offsets.js";
import { type FetchAnswer, type FetchPlace, fetch } from "./protocol/fetch.js";
import { readBatches } from "./protocol/record-batch.js";
import { retrying } from "./retry.js";
import { ROUND_MS } from "./shared-poll.js";

/** So many empty answers in a row, and a reader joins the other quiet ones. */
const QUIET_POLLS = 2;
/** A round that ends as soon as that is waited for. */
const WORTH_WAITING_MS = 40;

export class KafkaPartitionReader implements PartitionReader {
  readonly topic: string;
  readonly partition: number;
  readonly #cluster: Cluster;
  readonly #connections: ConnectionSet;
  readonly #isolation: "committed" | "uncommitted";
  readonly #maxWaitMs: number;
  readonly #closing = new AbortController();
  readonly #onClose: (reader: KafkaPartitionReader) => void;
  readonly #gate = new Gate();
  /** Empty answers in a row. */
  #quiet = 0;
  /** The topic that the position belongs to: the one that has the name when it is first read, where nobody said which. */
  #topicId: string | undefined;
  #maxBytes: number;
  #position: number;
  #ahead: Promise<ReadPart> | undefined;
  #reading = false;

  constructor(cluster: Cluster, options: ReaderOptions, onClose: (reader: KafkaPartitionReader) => void) {
    const { topic, partition, from, isolation = "committed", maxBytes = 1024 * 1024, maxWaitMs = 500 } = options;
    this.#topicId = options.topicId;
    this.topic = topic;
    this.partition = partition;
    this.#cluster = cluster;
    this.#connections = cluster.connections();
    this.#isolation = isolation;
    this.#maxBytes = maxBytes;
    this.#maxWaitMs = maxWaitMs;
    this.#position = from;
    this.#onClose = onClose;
  }

  get position(): number {
    return this.#position;
  }

  async read(): Promise<ReadPart> {
    if (this.#reading) throw new Error(`${this.topic}-${this.partition} is being read already`);
    this.#reading = true;
    try {
      for (;;) {
        await this.#gate.pass();
        this.#throwIfClosed();
        const asked = this.#ahead ?? this.#ask();
        let part: ReadPart;
        try {
          part = await asked;
        } catch (error) {
          this.#throwIfClosed();
          if (this.#ahead !== asked) continue; // I3
          this.#ahead = undefined;
          throw error;
        }
        if (this.#ahead !== asked || !this.#gate.isOpen) continue; // I3
        this.#position = part.nextOffset;
        this.#ahead = undefined;
        if (part.nextOffset < (this.#isolation === "committed" ? part.stableOffset : part.endOffset)) this.#ask(); // I2
        return part;
      }
    } finally {
      this.#reading = false;
    }
  }

  seek(offset: number): void {
    this.#position = offset;
    this.#quiet = 0;
    this.#ahead = undefined;
    // A `read` that waits for the old position goes on with this one.
    if (this.#reading && this.#gate.isOpen) this.#ask();
  }

  pause(): void {
    this.#gate.shut();
  }

  resume(): void {
    this.#gate.open();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#connections.close();
    this.resume();
    this.#onClose(this);
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw new LogClosed(`the reader of ${this.topic}-${this.partition} is closed`);
  }

  #ask(): Promise<ReadPart> {
    const part = this.#fetch(this.#position);
    part.catch(() => {}); // It is `read` that hears of it.
    this.#ahead = part;
    return part;
  }

  #fetch(offset: number): Promise<ReadPart> {
    return retrying(() => this.#fetchOnce(offset), {
      what: `read ${this.topic}-${this.partition}`,
      troubles: this.#cluster.troubles,
      signal: this.#closing.signal,
      worth: (error) => mayPass(error) || error instanceof TopicMissing || error instanceof NotAuthorized,
    });
  }

  async #fetchOnce(offset: number): Promise<ReadPart> {
    const { topic } = this;
    const deadline = performance.now() + this.#maxWaitMs;
    for (;;) {
      let answer: FetchAnswer | undefined;
      try {
        answer = await this.#answer(offset, deadline);
        if (answer?.errorCode === Code.offsetOutOfRange) await this.#expectInRange(offset);
        if (answer && answer.errorCode !== Code.none)
          throw answerError(answer.errorCode, { action: "read", where: this });
      } catch (error) {
        this.#quiet = 0;
        this.#cluster.forget(topic);
        throw error;
      }
      if (!answer) throw new LogUnavailable(`no answer about ${partitionKey(this)}: the broker throttles this client`);
      this.#quiet = answer.records.length === 0 ? this.#quiet + 1 : 0;
      // A round of all quiet readers may end for another one's sake.
      if (this.#quiet > 0 && performance.now() < deadline - 1 && answer.highWatermark === offset) continue;
      return this.#part(offset, answer);
    }
  }

  async #answer(offset: number, deadline: number): Promise<FetchAnswer | undefined> {
    const node = await this.#cluster.leader(this);
    const { topic, partition } = this;
    const topicId = await this.#cluster.topicId(topic);
    this.#topicId ??= topicId;
    if (topicId !== this.#topicId) throw await this.#outOfRange(offset, true);
    const place: FetchPlace = { topic, topicId, partition, offset, maxBytes: this.#maxBytes };
    const { quietPoll } = this.#cluster;
    let maxWaitMs = Math.max(0, Math.ceil(deadline - performance.now()));
    if (this.#quiet >= QUIET_POLLS && this.#isolation === "committed" && this.#maxWaitMs >= ROUND_MS) {
      const left = quietPoll.leftMs(node);
      if (left <= WORTH_WAITING_MS) return quietPoll.join(node, place);
      // Until shortly before the round ends, so that the next one can be joined.
      maxWaitMs = Math.min(maxWaitMs, Math.max(1, Math.floor(left - WORTH_WAITING_MS / 2)));
    }
    const connection = await this.#connections.to(node);
    const { answers } = await connection.send(fetch({ places: [place], maxWaitMs, isolation: this.#isolation }));
    return answers.get(partitionKey(place));
  }

  #part(offset: number, { highWatermark, lastStableOffset, aborted, records: bytes }: FetchAnswer): ReadPart {
    const filter = new AbortedFilter(this.#isolation === "committed" ? aborted : []);
    const records: LogRecord[] = [];
    let nextOffset = offset;
    for (const batch of readBatches(bytes)) {
      nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
      if (!filter.visible(batch)) continue;
      // A batch may begin before the position.
      for (const record of batch.records) if (record.offset >= offset) records.push(record);
    }
    // A batch that did not fit whole: Kafka promises the first one whatever its size, but a proxy or a quota may cut it.
    if (bytes.length > 0 && nextOffset === offset) this.#maxBytes *= 2;
    return { records, nextOffset, endOffset: highWatermark, stableOffset: lastStableOffset };
  }

  async #expectInRange(offset: number): Promise<void> {
    const error = await this.#outOfRange(offset);
    if (offset < error.start || offset > error.end) throw error;
    throw answerError(Code.leaderNotAvailable, {
      action: "read",
      where: this,
      detail: "the leader is not at that offset yet",
    });
  }

  async #outOfRange(offset: number, replaced = false): Promise<OffsetOutOfRange> {
    const [start = 0] = await listOffsets(this.#cluster, this.#connections, [this], "earliest");
    const [end = 0] = await listOffsets(this.#cluster, this.#connections, [this], "uncommitted");
    return new OffsetOutOfRange({ topic: this.topic, partition: this.partition }, offset, start, end, replaced);
  }
}
