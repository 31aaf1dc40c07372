// The groups: those with members, and those of which only the committed offsets are left. Offsets outlive the process, members do not.

import { GenerationOver } from "../errors.js";
import { type GroupDescription, type GroupOffset, partitionKey, type TopicPartition } from "../log.js";
import { Group, type Seat } from "./group.js";
import type { Journal, Round } from "./journal.js";
import { groupOffsetKey } from "./keys.js";
import { writeRow } from "./rows.js";
import type { Topics } from "./topics.js";

export class Groups {
  readonly #journal: Journal;
  readonly #topics: Topics;
  readonly #groups = new Map<string, Group>();
  readonly #offsets = new Map<string, Map<string, number>>();

  constructor(journal: Journal, topics: Topics) {
    this.#journal = journal;
    this.#topics = topics;
  }

  restoreOffset(group: string, where: TopicPartition, offset: number): void {
    this.#offsetsOf(group).set(partitionKey(where), offset);
  }

  get names(): string[] {
    const live = [...this.#groups.values()].filter(({ size }) => size > 0).map(({ name }) => name);
    return [...new Set([...live, ...this.#offsets.keys()])].sort();
  }

  /** Generations of a group are counted for as long as the log is open. */
  group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group(name, (topic) => this.#topics.find(topic)?.partitions.length ?? 0);
      this.#groups.set(name, group);
    }
    return group;
  }

  describe(name: string): GroupDescription {
    const group = this.#groups.get(name);
    if (group === undefined || group.size === 0)
      return { state: this.#offsets.has(name) || group ? "Empty" : "Dead", members: [] };
    const members = [...group.members()].map(({ seat, share }) => ({
      memberId: seat.memberId,
      clientId: seat.clientId,
      host: "localhost",
      metadata: seat.metadata,
      partitions: share.partitions,
    }));
    return { state: group.state, members };
  }

  offsets(group: string, partitions: readonly TopicPartition[]): Map<string, number> {
    const known = this.#offsets.get(group);
    const found = new Map<string, number>();
    for (const key of partitions.map(partitionKey)) {
      const offset = known?.get(key);
      if (offset !== undefined) found.set(key, offset);
    }
    return found;
  }

  /** Throws GenerationOver. */
  commit(group: Group, seat: Seat, generation: number, offsets: readonly GroupOffset[]): Promise<void> {
    const make = (round: Round) => {
      if (!group.counts(seat, generation))
        throw new GenerationOver(`generation ${generation} of group ${group.name} is over`);
      this.put(round, group.name, offsets);
    };
    return this.#journal.write({ bytes: bytesOf(offsets), make });
  }

  /** Seen together with the rest of the round. */
  put(round: Round, group: string, offsets: readonly GroupOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const key = groupOffsetKey(group, topic, partition);
      round.put(key, writeRow(key, offset));
    }
    round.afterwards(() => {
      const known = this.#offsetsOf(group);
      for (const one of offsets) known.set(partitionKey(one), one.offset);
    });
  }

  #offsetsOf(group: string): Map<string, number> {
    let offsets = this.#offsets.get(group);
    if (offsets === undefined) {
      offsets = new Map();
      this.#offsets.set(group, offsets);
    }
    return offsets;
  }
}

export const bytesOf = (offsets: readonly GroupOffset[]): number => offsets.length * 100;
