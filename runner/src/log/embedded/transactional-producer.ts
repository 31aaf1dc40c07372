// A transactional producer: what its caller does, in requests to producers.ts. Without faults on demand, what is left to send goes with
// the commit, in one write.
//
// I1 Every error between the first request of a transaction and the answer to its commit ends the producer (log.ts, I1), also those
//    that a fault has made up.

import { ProducerEnded } from "../errors.js";
import { type Committed, type NewRecord, partitionKey, type Transaction, type TransactionalProducer } from "../log.js";
import { begin, type OffsetsOfGroup } from "../transaction.js";
import { TransactionState } from "../transaction-state.js";
import { type Packed, pack } from "./append.js";
import type { FaultHook } from "./faults.js";
import type { Link } from "./link.js";
import type { Epoch, Producers } from "./producers.js";
import type { Topics } from "./topics.js";

export interface ProducerParts {
  readonly producers: Producers;
  readonly topics: Topics;
  readonly link: Link;
  readonly faults: () => FaultHook | undefined;
}

export class EmbeddedTransactionalProducer implements TransactionalProducer {
  readonly epoch: { readonly producerId: string; readonly epoch: number };
  readonly #parts: ProducerParts;
  readonly #own: Epoch;
  readonly #timeoutMs: number;
  readonly #onClose: (producer: EmbeddedTransactionalProducer) => void;
  readonly #state: TransactionState;

  constructor(
    parts: ProducerParts,
    readonly transactionalId: string,
    own: Epoch,
    timeoutMs: number,
    onClose: (producer: EmbeddedTransactionalProducer) => void,
  ) {
    this.#parts = parts;
    this.#own = own;
    this.epoch = { producerId: String(own.producerId), epoch: own.epoch };
    this.#timeoutMs = timeoutMs;
    this.#onClose = onClose;
    this.#state = new TransactionState(transactionalId);
  }

  get ended(): Error | undefined {
    return this.#state.cause;
  }

  begin(): Transaction {
    const lastOffsets = new Map<string, number>();
    const send = async (records: readonly NewRecord[]): Promise<void> => {
      const packed = this.#packed(records);
      this.#state.step("send");
      await this.#request("send", () => this.#write(packed, undefined, lastOffsets));
    };
    return begin(this.#state, {
      send,
      commit: async (rest, offsets): Promise<Committed> => {
        const together = rest.length > 0 && this.#parts.faults() === undefined;
        if (rest.length > 0 && !together) await send(rest);
        const packed = together ? this.#packed(rest) : [];
        if (this.#state.state === "open" && (together || offsets.length > 0)) this.#state.step("send");
        if (this.#state.state === "sent") {
          this.#state.step("commit");
          await this.#request("commit", () => this.#write(packed, offsets, lastOffsets));
        }
        return { lastOffset: (topic, partition) => lastOffsets.get(partitionKey({ topic, partition })) };
      },
      abort: async (): Promise<void> => {
        const { producers, link } = this.#parts;
        // Not heard, it is undone by its timeout or the next fence.
        if (this.#state.state === "sent" && link.up)
          await producers.abort(this.transactionalId, this.#own).catch(() => {});
        this.#end(new ProducerEnded(`the transaction of ${this.transactionalId} was aborted`));
      },
    });
  }

  async close(): Promise<void> {
    this.#end(new ProducerEnded(`the producer ${this.transactionalId} was closed`));
  }

  #end(cause: Error): void {
    this.#state.end(cause);
    this.#onClose(this);
  }

  /** What is refused here costs the producer nothing before its first request, and ends it afterwards (I1). */
  #packed(records: readonly NewRecord[]): Packed[] {
    const { producerId, epoch } = this.#own;
    try {
      return pack(this.#parts.topics, records, {
        producerId: BigInt(producerId),
        producerEpoch: epoch,
        baseSequence: -1,
      });
    } catch (error) {
      if (this.#state.state !== "open") this.#end(error as Error);
      throw error;
    }
  }

  async #request(kind: "send" | "commit", work: () => Promise<void>): Promise<void> {
    const { link, faults } = this.#parts;
    const { transactionalId } = this;
    try {
      await faults()?.(`before-${kind}`, { transactionalId });
      link.mustBeUp(`${kind === "send" ? "write as" : "commit"} ${transactionalId}`);
      await work();
      await faults()?.(`after-${kind}`, { transactionalId });
    } catch (error) {
      this.#end(error as Error);
      throw error;
    }
  }

  /** With `offsets` it is the commit. */
  async #write(
    packed: readonly Packed[],
    offsets: readonly OffsetsOfGroup[] | undefined,
    lastOffsets: Map<string, number>,
  ): Promise<void> {
    const { producers } = this.#parts;
    const options = { commit: offsets !== undefined, timeoutMs: this.#timeoutMs, ...(offsets && { offsets }) };
    const written = await producers.write(this.transactionalId, this.#own, packed, options);
    for (const [where, offset] of written) lastOffsets.set(where, offset);
  }
}
