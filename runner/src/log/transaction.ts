// One transaction as its caller holds it: sends that wait for a flush, flushes one after the other, one end. What a flush and a
// commit do is the producer's (`Work`); what may follow what is transaction-state.ts's.

import { ProducerEnded } from "./errors.js";
import { type Committed, type GroupOffset, type NewRecord, partitionKey, type Transaction } from "./log.js";
import type { TransactionState } from "./transaction-state.js";

export interface OffsetsOfGroup {
  readonly group: string;
  readonly offsets: readonly GroupOffset[];
}

/** What a producer does for a transaction; one call at a time. Errors after its first request have ended the producer. */
export interface Work {
  /** Sends; resolves when all is acknowledged. */
  send(records: readonly NewRecord[]): Promise<void>;
  /** Sends what is left, then commits all of it. Each group stands once among the offsets. */
  commit(rest: readonly NewRecord[], offsets: readonly OffsetsOfGroup[]): Promise<Committed>;
  /** Undoes what was sent and ends the producer. Never rejects. */
  abort(): Promise<void>;
}

/** Throws as `step` does when the producer has ended or has a transaction already. */
export function begin(state: TransactionState, work: Work): Transaction {
  state.step("begin");
  let waiting: NewRecord[] = [];
  const groups = new Map<string, Map<string, GroupOffset>>();
  let last: Promise<unknown> = Promise.resolve();
  let over = false;
  const live = () => {
    if (over) throw new ProducerEnded(`this transaction of ${state.transactionalId} is over`);
  };
  /** After what was asked for before. */
  const next = <T>(step: (records: readonly NewRecord[]) => Promise<T>): Promise<T> => {
    const done = last.then(async () => {
      live();
      const records = waiting;
      waiting = [];
      try {
        return await step(records);
      } catch (error) {
        over = true;
        // Refused before the first request: it costs the producer nothing.
        if (state.state === "open") state.step("drop");
        throw error;
      }
    });
    last = done;
    done.catch(() => {});
    return done;
  };

  return {
    send: (records) => {
      live();
      for (const record of records) waiting.push(record);
    },
    commitOffsets: (group, offsets) => {
      live();
      const own = groups.get(group) ?? new Map<string, GroupOffset>();
      for (const offset of offsets) own.set(partitionKey(offset), offset);
      if (own.size > 0) groups.set(group, own);
    },
    flush: () => next(async (records) => (records.length > 0 ? work.send(records) : undefined)),
    commit: () =>
      next(async (rest) => {
        over = true;
        const offsets = [...groups].map(([group, own]) => ({ group, offsets: [...own.values()] }));
        const committed = await work.commit(rest, offsets);
        state.step("committed");
        return committed;
      }),
    abort: async () => {
      if (over) return;
      over = true;
      await last.catch(() => {});
      await work.abort();
    },
  };
}
