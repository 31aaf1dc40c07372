// A member of a group: what its listener is told, and when. group.ts owns the group's side.
//
// I1 The listener hears one call at a time, `rebalancing` before every `assigned` but the first.
// I2 A member whose link is cut is heard of no more: after its session timeout the group goes on without it, and it counts
//    everything as lost, though nobody told it.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { assignmentAfter } from "../assignment.js";
import { GenerationOver, mayPass } from "../errors.js";
import type { Assignment, GroupMember, JoinOptions, TopicPartition } from "../log.js";
import type { Group, Seat, Share } from "./group.js";
import type { Groups } from "./groups.js";
import type { Link } from "./link.js";
import type { Topics } from "./topics.js";

const RETRY_MS = 50;

interface Summons {
  readonly heard: Promise<{ readonly lost: boolean }>;
  readonly call: (event: { readonly lost: boolean }) => void;
}

export class EmbeddedGroupMember implements GroupMember {
  readonly #parts: { readonly groups: Groups; readonly topics: Topics; readonly link: Link };
  readonly #group: Group;
  readonly #options: JoinOptions;
  readonly #clientId: string;
  readonly #onLeave: (member: EmbeddedGroupMember) => void;
  readonly #leaving = new AbortController();
  readonly #watch: { forget(): void };
  #seat: Seat | undefined;
  #summons = summons();
  #generation = -1;
  #owned: readonly TopicPartition[] = [];
  #session: NodeJS.Timeout | undefined;
  /** Summoned while the link was cut. */
  #missed = false;

  constructor(
    parts: { readonly groups: Groups; readonly topics: Topics; readonly link: Link },
    options: JoinOptions,
    clientId: string,
    onLeave: (member: EmbeddedGroupMember) => void,
  ) {
    this.#parts = parts;
    this.#group = parts.groups.group(options.group);
    this.#options = options;
    this.#clientId = clientId;
    this.#onLeave = onLeave;
    this.#watch = parts.link.watch((up) => this.#linked(up));
    this.#run();
  }

  get memberId(): string {
    return this.#generation < 0 ? "" : (this.#seat?.memberId ?? "");
  }

  get #left(): boolean {
    return this.#leaving.signal.aborted;
  }

  async confirm(generation: number): Promise<boolean> {
    const seat = this.#seat;
    return this.#parts.link.up && !this.#left && seat !== undefined && this.#group.confirms(seat, generation);
  }

  async commitOffsets(
    generation: number,
    offsets: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    const { link, groups } = this.#parts;
    const { group } = this.#options;
    link.mustBeUp(`commit offsets of group ${group}`);
    if (this.#seat === undefined || this.#left)
      throw new GenerationOver(`generation ${generation} of group ${group} is over`);
    await groups.commit(this.#group, this.#seat, generation, offsets);
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#leaving.abort();
    this.#watch.forget();
    if (this.#parts.link.up) this.#stand();
    this.#summons.call({ lost: false });
    this.#onLeave(this);
  }

  async #run(): Promise<void> {
    // Whoever joined has the member in hand before its listener hears anything.
    await undefined;
    const { listener } = this.#options;
    for (let back: { readonly lost: boolean } | undefined; !this.#left; ) {
      try {
        if (back) await listener.rebalancing(back);
        if (back?.lost) this.#owned = [];
        if (this.#left) return;
        const assignment = this.#take(await this.#join());
        if (this.#left) return;
        await listener.assigned(assignment);
        back = await this.#summons.heard;
      } catch (error) {
        if (this.#left) return;
        back = undefined;
        if (mayPass(error)) {
          await sleep(RETRY_MS, undefined, { signal: this.#leaving.signal }).catch(() => {});
          continue;
        }
        await this.leave();
        listener.failed(error as Error);
      }
    }
  }

  async #join(): Promise<Share> {
    const { link, topics } = this.#parts;
    for (;;) {
      await link.whenUp(this.#leaving.signal);
      for (const topic of this.#options.topics) topics.topic(topic);
      if (this.#seat === undefined || !this.#group.has(this.#seat)) this.#seat = this.#newSeat();
      this.#summons = summons();
      try {
        return await this.#group.join(this.#seat, { owned: this.#owned, generation: this.#generation });
      } catch (error) {
        if (!(error instanceof GenerationOver)) throw error;
      }
    }
  }

  #newSeat(): Seat {
    const { topics, metadata = "", rebalanceTimeoutMs = 10_000 } = this.#options;
    return {
      memberId: `${this.#clientId}-${randomUUID()}`,
      clientId: this.#clientId,
      topics,
      metadata,
      rebalanceTimeoutMs,
      summon: () => {
        if (this.#parts.link.up) this.#summons.call({ lost: false });
        else this.#missed = true;
      },
    };
  }

  #take({ generation, partitions }: Share): Assignment {
    const before = { generation: this.#generation, partitions: this.#owned };
    this.#owned = partitions;
    this.#generation = generation;
    return assignmentAfter(before, generation, partitions);
  }

  #linked(up: boolean): void {
    clearTimeout(this.#session);
    if (!up) {
      const { sessionTimeoutMs = 6_000 } = this.#options;
      this.#session = setTimeout(() => this.#lose(), sessionTimeoutMs).unref();
      return;
    }
    const missed = this.#missed;
    this.#missed = false;
    if (this.#seat !== undefined && !this.#group.has(this.#seat)) this.#lose();
    else if (missed) this.#summons.call({ lost: false });
  }

  /** The session is over (I2). */
  #lose(): void {
    this.#stand();
    this.#generation = -1;
    this.#summons.call({ lost: true });
  }

  #stand(): void {
    clearTimeout(this.#session);
    if (this.#seat !== undefined) this.#group.remove(this.#seat);
  }
}

function summons(): Summons {
  let call: Summons["call"] = () => {};
  const heard = new Promise<{ readonly lost: boolean }>((resolve) => {
    call = resolve;
  });
  return { heard, call };
}
