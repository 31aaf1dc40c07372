// Threads that have ended inside the idempotency window leave a mark; when their time is over, the mark becomes a tombstone.

import { indexKey, nameOf } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { ATTENTION_INDEX } from "./changelog.js";

const AT_ONCE = 500;
const EVERY_MS = 60_000;

export class EndedMarks {
  #at = 0;

  /** Milliseconds until it is worth looking. */
  dueIn(): number {
    return Math.max(0, this.#at - Date.now());
  }

  /** Some of the threads whose time is over. */
  async over(store: StateStore): Promise<string[]> {
    const over: string[] = [];
    for await (const { key, value } of store.range({ prefix: indexKey(ATTENTION_INDEX) })) {
      const [word, until] = Buffer.from(value).toString().split(" ");
      if (word === "ended" && Number(until) < Date.now()) {
        over.push(Buffer.from(nameOf(key)).toString().slice(ATTENTION_INDEX.length));
      }
      if (over.length === AT_ONCE) return over;
    }
    this.#at = Date.now() + EVERY_MS;
    return over;
  }
}
