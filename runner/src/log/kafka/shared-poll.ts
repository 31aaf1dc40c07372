// One long poll for all partitions of a broker at which nothing happens: a runner with many quiet partitions asks twice a second, not twice
// a second for each of them. Readers decide when they are quiet enough to join (partition-reader.ts); this file owns the rounds.
//
// I1 A round is joined before it begins, never while it lasts: whoever comes later asks on its own for as long.
// I2 A round ends for all that are in it, when there is something for one of them or when the time is over.

import { setTimeout as sleep } from "node:timers/promises";
import { partitionKey } from "../log.js";
import type { Cluster, ConnectionSet } from "./cluster.js";
import { type FetchAnswer, type FetchAnswers, type FetchPlace, fetch } from "./protocol/fetch.js";

/** How long a round waits for others that were in the last one. */
const GATHER_MS = 3;
export const ROUND_MS = 500;

interface Round {
  readonly places: FetchPlace[];
  readonly answers: Promise<FetchAnswers>;
  /** When the broker answers at the latest; undefined before it is asked. */
  until: number | undefined;
}

export class SharedPoll {
  readonly #cluster: Cluster;
  readonly #rounds = new Map<number, Round>();
  #connections: ConnectionSet | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Milliseconds until the next round at that broker can be joined. */
  leftMs(node: number): number {
    const until = this.#rounds.get(node)?.until;
    return until === undefined ? 0 : Math.max(0, until - performance.now());
  }

  /** Undefined: the broker said nothing of that partition. */
  async join(node: number, place: FetchPlace): Promise<FetchAnswer | undefined> {
    let round = this.#rounds.get(node);
    while (round?.until !== undefined) {
      await round.answers.catch(() => {});
      round = this.#rounds.get(node);
    }
    round ??= this.#begin(node);
    round.places.push(place);
    return (await round.answers).get(partitionKey(place));
  }

  #begin(node: number): Round {
    const places: FetchPlace[] = [];
    const round: Round = {
      places,
      until: undefined,
      answers: sleep(GATHER_MS).then(() => {
        round.until = performance.now() + ROUND_MS; // I1
        return this.#ask(node, places);
      }),
    };
    round.answers
      .catch(() => {})
      .finally(() => {
        if (this.#rounds.get(node) === round) this.#rounds.delete(node);
      });
    this.#rounds.set(node, round);
    return round;
  }

  async #ask(node: number, places: readonly FetchPlace[]): Promise<FetchAnswers> {
    this.#connections ??= this.#cluster.connections();
    const connection = await this.#connections.to(node);
    const { answers } = await connection.send(fetch({ places, maxWaitMs: ROUND_MS, isolation: "committed" }));
    return answers;
  }
}
