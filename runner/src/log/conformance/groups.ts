import { describe, expect, test } from "vitest";
import { GenerationOver } from "../errors.js";
import {
  type Assignment,
  type GroupMember,
  type JoinOptions,
  type Log,
  partitionKey,
  type TopicPartition,
} from "../log.js";
import { Bench, eventually, type Factory, record } from "./log-under-test.js";

/** A member that writes down what it is told. */
class Witness {
  readonly heard: (Assignment | { lost: boolean } | Error)[] = [];
  readonly member: GroupMember;
  current: Assignment | undefined;
  onRebalancing: () => Promise<void> = async () => {};

  constructor(log: Log, options: Omit<JoinOptions, "listener">) {
    this.member = log.join({
      heartbeatMs: 200,
      ...options,
      listener: {
        rebalancing: async (event) => {
          this.heard.push(event);
          await this.onRebalancing();
          this.current = undefined;
        },
        assigned: async (assignment) => {
          this.heard.push(assignment);
          this.current = assignment;
        },
        failed: (error) => this.heard.push(error),
      },
    });
  }

  get partitions(): string[] {
    return (this.current?.partitions ?? []).map(partitionKey).sort();
  }
}

const keys = (topic: string, ...partitions: number[]) =>
  partitions.map((partition) => partitionKey({ topic, partition }));
const all = (witnesses: readonly Witness[]) => witnesses.flatMap(({ partitions }) => partitions).sort();

export function groupsConformance(factory: Factory): void {
  describe("groups", () => {
    const bench = new Bench(factory);

    /** Until these members have all partitions of the topic between them, in one generation. */
    async function shared(topic: string, count: number, ...members: Witness[]): Promise<void> {
      const expected = keys(topic, ...Array.from({ length: count }, (_, n) => n)).sort();
      await eventually(() => {
        const generations = new Set(members.map(({ current }) => current?.generation));
        return generations.size === 1 && JSON.stringify(all(members)) === JSON.stringify(expected);
      });
    }

    test("one member has everything; a second takes half and what stays is not opened anew; when one leaves the other has all", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 4 });
      const group = bench.under.unique("group");
      const one = new Witness(log, { group, topics: [topic] });
      await shared(topic, 4, one);
      expect(one.current).toMatchObject({ lost: [] });
      expect(one.current!.gained).toHaveLength(4);
      const before = one.partitions;

      const two = new Witness(bench.open(), { group, topics: [topic] });
      await shared(topic, 4, one, two);
      expect(one.partitions).toHaveLength(2);
      expect(two.partitions).toHaveLength(2);
      expect(one.partitions.every((key) => before.includes(key))).toBe(true);
      expect(one.current).toMatchObject({ gained: [] });
      expect(one.current!.lost.map(partitionKey).sort()).toEqual(two.partitions);
      expect(one.heard.filter((event) => "lost" in event && typeof event.lost === "boolean")).toEqual([
        { lost: false },
      ]);

      await two.member.leave();
      await shared(topic, 4, one);
      const heard = two.heard.length;
      expect(two.heard).toHaveLength(heard);
    });

    test("only the generation that counts is confirmed, and only it commits offsets (line 8)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      const one = new Witness(log, { group, topics: [topic] });
      await shared(topic, 2, one);
      const first = one.current!.generation;
      expect(await one.member.confirm(first)).toBe(true);
      expect(await one.member.confirm(first + 1)).toBe(false);
      await one.member.commitOffsets(first, [{ topic, partition: 0, offset: 7 }]);

      const two = new Witness(bench.open(), { group, topics: [topic] });
      await shared(topic, 2, one, two);
      expect(await one.member.confirm(first)).toBe(false);
      await expect(one.member.commitOffsets(first, [{ topic, partition: 0, offset: 8 }])).rejects.toBeInstanceOf(
        GenerationOver,
      );
      const where: TopicPartition[] = [0, 1].map((partition) => ({ topic, partition }));
      expect(await log.groupOffsets(group, where)).toEqual(new Map([[`${topic}-0`, 7]]));
    });

    test("the group waits while a member finishes, and hears its heartbeats meanwhile", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      const one = new Witness(log, { group, topics: [topic] });
      await shared(topic, 2, one);
      const { generation } = one.current!;
      let finish = () => {};
      let asked = false;
      one.onRebalancing = () => {
        asked = true;
        return new Promise((resolve) => {
          finish = resolve;
        });
      };
      const two = new Witness(bench.open(), { group, topics: [topic] });
      await eventually(() => asked);
      // A batch that was begun in the generation is still this member's to finish, and its offset to write.
      await one.member.commitOffsets(generation, [{ topic, partition: 1, offset: 3 }]);
      expect(two.current).toBeUndefined();
      finish();
      one.onRebalancing = async () => {};
      await shared(topic, 2, one, two);
    });

    test("a member that dies without a word is missed after its session, not before the others can have its partitions (line 11)", async () => {
      const [log, doomed] = [bench.open(), bench.open()];
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      const one = new Witness(log, { group, topics: [topic], sessionTimeoutMs: 6_000 });
      const two = new Witness(doomed, { group, topics: [topic], sessionTimeoutMs: 6_000 });
      await shared(topic, 2, one, two);
      await bench.under.crash(doomed);
      await shared(topic, 2, one);
      expect(await one.member.confirm(one.current!.generation)).toBe(true);
      // The dead one would learn of it, too, without being told.
      await eventually(() => two.heard.some((event) => "lost" in event && event.lost === true));
      expect(await two.member.confirm(one.current!.generation)).toBe(false);
    });

    test("members see one another, with what they said of themselves", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      expect(await log.describeGroup(group)).toMatchObject({ members: [] });
      const one = new Witness(log, { group, topics: [topic], metadata: "127.0.0.1:1" });
      const two = new Witness(bench.open(), { group, topics: [topic], metadata: "127.0.0.1:2" });
      await shared(topic, 2, one, two);
      const { state, members } = await log.describeGroup(group);
      expect(state).toBe("Stable");
      const seen = members.map(({ metadata, partitions }) => [metadata, partitions.map(partitionKey)]);
      expect(seen.sort()).toEqual([
        ["127.0.0.1:1", one.partitions],
        ["127.0.0.1:2", two.partitions],
      ]);
      expect(members.map(({ memberId }) => memberId).sort()).toEqual([one.member.memberId, two.member.memberId].sort());
      expect(await log.groupNames()).toContain(group);
    });

    test("a reader keeps its position whatever the group does (line 8)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      await log.produce(["a", "b", "c"].map((value) => record(topic, value)));
      const one = new Witness(log, { group, topics: [topic] });
      await shared(topic, 2, one);
      await one.member.commitOffsets(one.current!.generation, [{ topic, partition: 0, offset: 1 }]);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      await reader.read();
      expect(reader.position).toBe(3);
      const two = new Witness(bench.open(), { group, topics: [topic] });
      await shared(topic, 2, one, two);
      await log.produce([record(topic, "d")]);
      const values: string[] = [];
      while (reader.position < 4) for (const { value } of (await reader.read()).records) values.push(`${value}`);
      expect(values).toEqual(["d"]);
    });

    test("a listener that throws ends the membership and says so, and the others go on (line 8)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const group = bench.under.unique("group");
      const one = new Witness(log, { group, topics: [topic] });
      await shared(topic, 2, one);
      one.onRebalancing = async () => {
        throw new TypeError("a mistake");
      };
      const two = new Witness(bench.open(), { group, topics: [topic] });
      await shared(topic, 2, two);
      expect(one.heard.at(-1)).toMatchObject({ message: "a mistake" });
    });
  });
}
