// Which batches of a fetch response belong to aborted transactions (KIP-98, "Discarding aborted transactions"). The broker
// names producer and first offset of every aborted transaction that reaches into the response.
//
// I1 The list is sorted by first offset here: the broker orders it by where the transactions ended.
// I2 Every listed transaction that begins at or before the end of a batch counts before the batch is judged.
// I3 Only a control batch with an abort marker ends a transaction, never what a user wrote.

import type { AbortedTransaction } from "./protocol/fetch.js";
import type { RecordBatch } from "./protocol/record-batch.js";

/** Judges the batches of one response, in order. */
export class AbortedFilter {
  readonly #coming: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(listed: readonly AbortedTransaction[]) {
    this.#coming = [...listed].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether the records of the batch may be given to a read-committed reader. */
  visible(batch: RecordBatch): boolean {
    for (let next = this.#coming.at(-1); next && next.firstOffset <= batch.lastOffset; next = this.#coming.at(-1)) {
      this.#open.add(next.producerId);
      this.#coming.pop();
    }
    if (batch.marker !== undefined) {
      if (batch.marker === "abort") this.#open.delete(batch.producerId);
      return false;
    }
    return !(batch.transactional && this.#open.has(batch.producerId));
  }
}
