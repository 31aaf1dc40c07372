// A consumer group: who is in it, which generation it is in, when it shares its partitions out anew. The same rounds as Kafka's
// classic protocol, in one process: no heartbeats, since who is here is known.
//
// I1 A generation begins when every member has come back, or after the longest of their rebalance timeouts without those that have
//    not: they are out, and find that out when they come.
// I2 While members are called back the old generation still counts for offsets, and for nothing else.

import { assign } from "../assignment.js";
import { GenerationOver } from "../errors.js";
import type { TopicPartition } from "../log.js";

/** A member, as its group sees it. */
export interface Seat {
  readonly memberId: string;
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly metadata: string;
  readonly rebalanceTimeoutMs: number;
  /** The group wants it back. */
  readonly summon: () => void;
}

export interface Share {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

/** What a member had, and in which generation. */
export interface Claim {
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

interface Place {
  readonly seat: Seat;
  share: Share;
  /** Set while it waits for the next generation. */
  waiting:
    | { readonly claim: Claim; readonly resolve: (share: Share) => void; readonly reject: (e: Error) => void }
    | undefined;
}

const NOTHING: Share = { generation: -1, partitions: [] };

export class Group {
  readonly #partitionsOf: (topic: string) => number;
  readonly #places = new Map<string, Place>();
  #generation = 0;
  #rebalance: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    partitionsOf: (topic: string) => number,
  ) {
    this.#partitionsOf = partitionsOf;
  }

  get size(): number {
    return this.#places.size;
  }

  get state(): "Empty" | "PreparingRebalance" | "Stable" {
    return this.size === 0 ? "Empty" : this.#rebalance ? "PreparingRebalance" : "Stable";
  }

  *members(): Generator<{ readonly seat: Seat; readonly share: Share }> {
    yield* this.#places.values();
  }

  has(seat: Seat): boolean {
    return this.#places.get(seat.memberId)?.seat === seat;
  }

  /** The member's share of the next generation. Rejects with GenerationOver when it is out meanwhile. */
  join(seat: Seat, claim: Claim): Promise<Share> {
    return new Promise((resolve, reject) => {
      const place = this.#places.get(seat.memberId) ?? { seat, share: NOTHING, waiting: undefined };
      this.#places.set(seat.memberId, place);
      place.waiting = { claim, resolve, reject };
      this.#callBack();
    });
  }

  /** Gone for good, or for too long. */
  remove(seat: Seat): void {
    const place = this.#places.get(seat.memberId);
    if (!place) return;
    this.#places.delete(seat.memberId);
    place.waiting?.reject(new GenerationOver(`group ${this.name} has gone on`));
    if (this.size > 0) this.#callBack();
    else this.#settle();
  }

  /** Whether this generation is the one that counts, and nobody is called back (I2). */
  confirms(seat: Seat, generation: number): boolean {
    return this.state === "Stable" && this.counts(seat, generation);
  }

  counts(seat: Seat, generation: number): boolean {
    return (
      this.has(seat) &&
      this.#generation === generation &&
      this.#places.get(seat.memberId)!.share.generation === generation
    );
  }

  #callBack(): void {
    if (!this.#rebalance) {
      const longest = Math.max(...[...this.#places.values()].map(({ seat }) => seat.rebalanceTimeoutMs));
      this.#rebalance = setTimeout(() => this.#goOnWithout(), longest).unref();
      for (const { seat, waiting } of [...this.#places.values()]) if (!waiting) seat.summon();
    }
    if ([...this.#places.values()].every(({ waiting }) => waiting)) this.#begin();
  }

  #goOnWithout(): void {
    for (const [memberId, { waiting }] of [...this.#places]) if (!waiting) this.#places.delete(memberId);
    if (this.size > 0) this.#begin();
    else this.#settle();
  }

  #begin(): void {
    this.#settle();
    this.#generation += 1;
    const places = [...this.#places];
    const claims = new Map(
      places.map(([memberId, { seat, waiting }]) => [
        memberId,
        { topics: seat.topics, metadata: seat.metadata, ...waiting!.claim },
      ]),
    );
    const topics = new Set(places.flatMap(([, { seat }]) => seat.topics));
    const shares = assign(claims, new Map([...topics].map((topic) => [topic, this.#partitionsOf(topic)])));
    for (const [memberId, place] of places) {
      const { resolve } = place.waiting!;
      place.waiting = undefined;
      place.share = { generation: this.#generation, partitions: shares.get(memberId) ?? [] };
      resolve(place.share);
    }
  }

  #settle(): void {
    clearTimeout(this.#rebalance);
    this.#rebalance = undefined;
  }
}
