// Who of a group gets what.
//
// I1 A partition goes to one member. Members of a topic differ by at most one in how much they get of all.
// I2 Within that, a partition stays with the member that had it: of two that claim it, with the one of the later generation.

import { type Assignment, partitionKey, type TopicPartition } from "./log.js";

export interface Subscription {
  readonly topics: readonly string[];
  readonly metadata: string;
  /** What it had, and in which generation. */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

export function assign(
  members: ReadonlyMap<string, Subscription>,
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const ids = [...members.keys()].sort();
  const given = new Map<string, TopicPartition[]>(ids.map((id) => [id, []]));
  const all = [...partitionCounts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
  const takers = (where: TopicPartition) => ids.filter((id) => members.get(id)!.topics.includes(where.topic));
  const most = Math.ceil(all.length / Math.max(1, ids.length));
  const had = lastOwners(members);
  const rest: TopicPartition[] = [];
  for (const where of all) {
    const owner = had.get(partitionKey(where));
    const own = owner === undefined ? undefined : given.get(owner);
    if (own && own.length < most && members.get(owner!)!.topics.includes(where.topic)) own.push(where);
    else rest.push(where);
  }
  const least = (ids: readonly string[]) => ids.reduce((a, b) => (given.get(b)!.length < given.get(a)!.length ? b : a));
  for (const where of rest) {
    const candidates = takers(where);
    if (candidates.length > 0) given.get(least(candidates))!.push(where);
  }
  level(given, (where, id) => members.get(id)!.topics.includes(where.topic));
  return given;
}

function lastOwners(members: ReadonlyMap<string, Subscription>): Map<string, string> {
  const owners = new Map<string, { id: string; generation: number }>();
  for (const [id, { owned, generation }] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const where of owned) {
      const known = owners.get(partitionKey(where));
      if (!known || known.generation < generation) owners.set(partitionKey(where), { id, generation });
    }
  }
  return new Map([...owners].map(([key, { id }]) => [key, id]));
}

/** Moves single partitions from who has most to who has least, while they differ by more than one. */
function level(given: Map<string, TopicPartition[]>, takes: (where: TopicPartition, id: string) => boolean): void {
  const ids = [...given.keys()];
  for (let moved = true; moved; ) {
    moved = false;
    ids.sort((a, b) => given.get(b)!.length - given.get(a)!.length);
    for (const from of ids) {
      const to = ids.findLast(
        (id) =>
          given.get(from)!.length - given.get(id)!.length > 1 && given.get(from)!.some((where) => takes(where, id)),
      );
      if (to === undefined) continue;
      const own = given.get(from)!;
      const index = own.findLastIndex((where) => takes(where, to));
      given.get(to)!.push(...own.splice(index, 1));
      moved = true;
      break;
    }
  }
}

/** What a member has of its group. */
export interface Holding {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

/** What a new share means to a member that had `before`. A generation in between may have given everything to others. */
export function assignmentAfter(
  before: Holding,
  generation: number,
  partitions: readonly TopicPartition[],
): Assignment {
  const next = generation === before.generation + 1;
  return {
    generation,
    partitions,
    gained: next ? without(partitions, before.partitions) : partitions,
    lost: next ? without(before.partitions, partitions) : before.partitions,
  };
}

function without(all: readonly TopicPartition[], some: readonly TopicPartition[]): TopicPartition[] {
  const keys = new Set(some.map(partitionKey));
  return all.filter((where) => !keys.has(partitionKey(where)));
}
