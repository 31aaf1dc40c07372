// Puts batches that are written at the same time into one request a broker. Who writes owns order and sequence numbers: one batch a
// partition at a time.

import { LogUnreachable } from "../errors.js";
import { partitionKey, type TopicPartition } from "../log.js";
import type { ConnectionSet } from "./cluster.js";
import { type ProduceAnswer, produce } from "./protocol/produce.js";

/** A request carries more only if one batch alone is larger. */
export const REQUEST_BYTES = 16 * 1024 * 1024;

/** Of a request's time: the broker's answer, that not all replicas have it, must come before this side gives up. */
export function answerWithinMs(requestTimeoutMs = 8_000): number {
  return Math.max(1_000, requestTimeoutMs - 1_000);
}

export interface Batch extends TopicPartition {
  readonly batch: Buffer;
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (answer: ProduceAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class ProduceRequests {
  readonly #connections: ConnectionSet;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting[]>();

  constructor(connections: ConnectionSet, requestTimeoutMs: number | undefined) {
    this.#connections = connections;
    this.#timeoutMs = answerWithinMs(requestTimeoutMs);
  }

  /** The answer about this batch, whatever it says. Throws LogUnreachable. */
  send(node: number, batch: Batch): Promise<ProduceAnswer> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(node);
      if (waiting) waiting.push({ batch, resolve, reject });
      else {
        this.#waiting.set(node, [{ batch, resolve, reject }]);
        setImmediate(() => this.#flush(node));
      }
    });
  }

  #flush(node: number): void {
    const waiting = this.#waiting.get(node) ?? [];
    this.#waiting.delete(node);
    let request: Waiting[] = [];
    let bytes = 0;
    for (const one of waiting) {
      if (bytes > 0 && bytes + one.batch.batch.length > REQUEST_BYTES) {
        this.#request(node, request);
        request = [];
        bytes = 0;
      }
      request.push(one);
      bytes += one.batch.batch.length;
    }
    this.#request(node, request);
  }

  async #request(node: number, waiting: readonly Waiting[]): Promise<void> {
    try {
      const connection = await this.#connections.to(node);
      const batches = waiting.map(({ batch }) => batch);
      const { answers } = await connection.send(
        produce({ transactionalId: null, timeoutMs: this.#timeoutMs, batches }),
      );
      const known = new Map(answers.map((answer) => [partitionKey(answer), answer]));
      for (const { batch, resolve, reject } of waiting) {
        const answer = known.get(partitionKey(batch));
        if (answer) resolve(answer);
        else reject(new LogUnreachable(`no acknowledgement for ${partitionKey(batch)}`));
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error as Error);
    }
  }
}
