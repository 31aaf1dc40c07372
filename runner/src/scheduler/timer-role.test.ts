import { beforeEach, describe, expect, test } from "vitest";
import { RecordRefused, RecordTooLarge } from "../log/errors.js";
import type { Log, LogRecord, NewRecord, TopicDescription } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import { Names } from "../names.js";
import { MemoryDisk } from "../store/memory/memory-store.js";
import type { StateStore } from "../store/store.js";
import type { Turn } from "../task/role.js";
import { TopicTable } from "../topics/topic-table.js";
import { type CommittedTimers, TimerRole } from "./timer-role.js";

const names = new Names("p-", "g");
const PARTITIONS = 4;

let now: number;
let end: number;
let asked: number;
let pending: number | undefined;
let committed: CommittedTimers[];
let store: StateStore;
let role: TimerRole;

const log = {
  endOffsets: async () => {
    asked += 1;
    return [end];
  },
  describeTopics: async (topics: string[]) =>
    new Map(topics.map((name) => [name, { name, partitions: PARTITIONS } as TopicDescription])),
} as unknown as Log;

function make(maxRecords = 100): TimerRole {
  return new TimerRole({
    log,
    names,
    partition: 2,
    topics: new TopicTable(log),
    maxRecords,
    clock: { now: () => now },
    observer: {
      pending: (count) => {
        pending = count;
      },
      committed: (turn) => committed.push(turn),
      refused: () => {},
      closed: () => {
        pending = undefined;
      },
    },
  });
}

beforeEach(async () => {
  now = 1_000;
  end = 0;
  asked = 0;
  committed = [];
  store = await new MemoryDisk().open("d");
  role = make();
  await role.begin(store, 0);
});

const record = (key: string, value: string | null, offset = end): LogRecord => ({
  offset,
  timestamp: now,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: [["traceparent", Buffer.from("tp")]],
});

async function apply(turn: Turn | undefined): Promise<readonly NewRecord[]> {
  if (turn === undefined) return [];
  await store.write(turn.changes);
  turn.applied(1);
  return turn.records;
}

/** They are in the log, and are read. */
async function read(...pairs: readonly (readonly [key: string, value: string | null])[]) {
  const records = pairs.map(([key, value], index) => record(key, value, end + index));
  end += records.length;
  const made = await apply(await role.run(records));
  role.reached(end);
  return made;
}

/** Everything that is due now, as `key value`; changelog records are left out. */
async function fire(): Promise<string[]> {
  const fired: string[] = [];
  while (role.dueIn() === 0) {
    const records = await apply(await role.run([]));
    for (const { topic, key, value } of records) if (topic === names.resume) fired.push(`${key} ${value}`);
  }
  return fired;
}

describe("a timer", () => {
  test("fires at its time and not before, once; in one transaction with its tombstone", async () => {
    const [set] = await read(["t|a|b", "100"]);
    expect(set).toMatchObject({ topic: "p-g-scheduler-changelog", partition: 2, key: "t|a|b" });
    expect(role.dueIn()).toBe(100);
    now = 1_099;
    expect(role.dueIn()).toBe(1);
    expect(await role.run([])).toBeUndefined();
    now = 1_100;
    const turn = await role.run([]);
    expect(turn?.done).toBe(0);
    expect(await apply(turn)).toEqual([
      {
        topic: "p-workflow-resume",
        partition: partitionOf("t", PARTITIONS),
        key: "t",
        value: "a|b",
        headers: [["traceparent", Buffer.from("tp")]],
      },
      { topic: "p-g-scheduler-changelog", partition: 2, key: "t|a|b", value: null },
    ]);
    expect(role.dueIn()).toBeUndefined();
    expect(committed.at(-1)).toMatchObject({ fates: ["fired"], lateMs: [0], outputs: 1 });
  });

  test("is replaced, taken back, and set anew after it was taken back", async () => {
    await read(["t|a", "100"], ["t|b", "100"], ["t|c", "50"]);
    await read(["t|a", "300"], ["t|b", "0"], ["t|c", null], ["t|c", "200"]);
    expect(pending).toBe(2);
    now = 1_250;
    expect(await fire()).toEqual(["t c"]);
    now = 1_300;
    expect(await fire()).toEqual(["t a"]);
    expect(pending).toBe(0);
    expect(committed.slice(0, 2).flatMap(({ fates }) => fates)).toEqual([
      ...["scheduled", "scheduled", "scheduled"],
      ...["replaced", "cancelled", "cancelled", "scheduled"],
    ]);
  });

  test("set and taken back in one batch leaves nothing in the changelog", async () => {
    expect(await read(["t|a", "100"], ["t|a", "0"], ["t|unknown", "0"])).toEqual([]);
    expect(pending).toBe(0);
  });

  test("of one time with others fires in the order in which they were set", async () => {
    await read(["b|p", "10"], ["a|p", "10"], ["c|p", "5"]);
    now = 2_000;
    expect(await fire()).toEqual(["c p", "b p", "a p"]);
  });

  test("that is overdue when the role begins fires at once", async () => {
    await read(["t|a", "100"]);
    now = 9_000;
    role = make();
    await role.begin(store, end);
    expect(pending).toBe(1);
    expect(await fire()).toEqual(["t a"]);
    expect(committed.at(-1)?.lateMs).toEqual([7_900]);
  });
});

describe("a cancel that was there first wins:", () => {
  test("records that were there at the due time are read before anything fires", async () => {
    await read(["t|a", "100"], ["t|b", "100"]);
    now = 1_100;
    end += 1;
    expect(await role.run([])).toBeUndefined();
    // It waits for the log, and asks nobody meanwhile.
    expect(role.dueIn()).toBeUndefined();
    expect(asked).toBe(1);
    const cancel = record("t|a", "0", end - 1);
    await apply(await role.run([cancel]));
    role.reached(end);
    expect(await fire()).toEqual(["t b"]);
    expect(asked).toBe(1);
  });

  test("an end behind which nothing comes (markers, aborted records) is reached all the same", async () => {
    await read(["t|a", "100"]);
    now = 1_100;
    end += 5;
    expect(await fire()).toEqual([]);
    role.reached(end);
    expect(await fire()).toEqual(["t a"]);
  });

  test("the end counts that is observed at or after the time of each timer", async () => {
    await read(["t|a", "100"], ["t|b", "200"]);
    now = 1_100;
    expect(await fire()).toEqual(["t a"]);
    now = 1_200;
    end += 1;
    expect(await fire()).toEqual([]);
    expect(asked).toBe(2);
    await apply(await role.run([record("t|b", "0", end - 1)]));
    role.reached(end);
    expect(await fire()).toEqual([]);
    expect(role.dueIn()).toBeUndefined();
  });

  test("a timer set for the past is covered only by an end behind its own record", async () => {
    await read(["t|a", "100"]);
    now = 1_100;
    expect(await fire()).toEqual(["t a"]);
    // Both are in the log; the first is read, and is overdue.
    const [set, cancel] = [record("t|b", "@5", end), record("t|b", "0", end + 1)];
    end += 2;
    await apply(await role.run([set]));
    expect(await fire()).toEqual([]);
    await apply(await role.run([cancel]));
    role.reached(end);
    expect(await fire()).toEqual([]);
    expect(pending).toBe(0);
  });
});

test("ten thousand due at once fire in batches, each once, in the order of their times", async () => {
  const count = 10_000;
  for (let at = 0; at < count; at += 500) {
    await read(...Array.from({ length: 500 }, (_, n) => [`t${at + n}|p`, String(20_000 - at - n)] as const));
  }
  now = 100_000;
  const fired = await fire();
  expect(fired).toEqual(Array.from({ length: count }, (_, n) => `t${count - 1 - n} p`));
  expect(Math.max(...committed.slice(20).map(({ outputs }) => outputs))).toBe(100);
  expect(pending).toBe(0);
});

describe("the changelog", () => {
  test("brings everything back: what was replaced, fired and taken back does not fire from it", async () => {
    const changelog: NewRecord[] = [];
    changelog.push(...(await read(["t|a", "100"], ["t|b", "100"], ["t|c", "100"], ["t|d", "400"])));
    changelog.push(...(await read(["t|a", "300"], ["t|b", "0"])));
    now = 1_100;
    const turn = await role.run([]);
    changelog.push(...(await apply(turn)).filter(({ topic }) => topic !== names.resume));
    store = await new MemoryDisk().open("d");
    role = make();
    for (const { key, value } of changelog) {
      await store.write(role.changesOf(Buffer.from(key as string), value as Buffer | null));
    }
    await role.begin(store, end);
    expect(pending).toBe(2);
    now = 1_300;
    expect(await fire()).toEqual(["t a"]);
    now = 1_400;
    expect(await fire()).toEqual(["t d"]);
    // Leftovers of the index are gone too.
    const left: string[] = [];
    for await (const { key } of store.range()) left.push(Buffer.from(key).toString());
    expect(left).toEqual([]);
  });
});

describe("what the log refuses", () => {
  const large = (index: number) => new RecordTooLarge("too large", { topic: "x", partition: 0 }, index);

  test("a record that is not understood becomes a dead letter, byte for byte", async () => {
    const [letter] = await read(["nobar", "soon"], ["t|a", "100"]);
    expect(letter).toMatchObject({
      topic: "p-workflow-dead-letter",
      partition: partitionOf("nobar", PARTITIONS),
      key: Buffer.from("nobar"),
      value: Buffer.from("soon"),
    });
    expect(Object.fromEntries(letter!.headers!)).toMatchObject({
      traceparent: Buffer.from("tp"),
      "kwf-reason": "bad-key",
      "kwf-topic": "workflow-scheduler",
      "kwf-partition": "2",
      "kwf-offset": "0",
    });
    expect(pending).toBe(1);
  });

  test("a payload that does not fit: its timer becomes a dead letter, the others fire", async () => {
    await read(["t|a", "100"], ["t|b", "100"], ["t|c", "100"]);
    now = 1_100;
    await role.run([]);
    // Records: fire a, tombstone a, fire b, …
    expect(role.refused(large(2))).toBe(true);
    const records = await apply(await role.run([]));
    expect(records.map(({ topic, key }) => `${topic} ${key}`)).toEqual([
      "p-workflow-resume t",
      "p-g-scheduler-changelog t|a",
      "p-workflow-dead-letter t|b",
      "p-g-scheduler-changelog t|b",
      "p-workflow-resume t",
      "p-g-scheduler-changelog t|c",
    ]);
    const letter = records[2]!;
    expect(letter.value?.toString()).toBe("100");
    expect(Object.fromEntries(letter.headers!)).toMatchObject({
      "kwf-reason": "KWF_RECORD_TOO_LARGE",
      "kwf-offset": "1",
    });
    expect(committed.at(-1)?.fates).toEqual(["fired", "dead-lettered", "fired"]);
    expect(pending).toBe(0);
  });

  test("a dead letter that does not fit either becomes a reference; then there is nothing more to try", async () => {
    await read(["t|a", "100"]);
    now = 1_100;
    await role.run([]);
    expect(role.refused(large(0))).toBe(true);
    await role.run([]);
    expect(role.refused(large(0))).toBe(true);
    const turn = await role.run([]);
    expect(turn?.records[0]?.value).toBeNull();
    expect(Object.fromEntries(turn!.records[0]!.headers!)).toMatchObject({ "kwf-size": "3" });
    expect(role.refused(large(0))).toBe(false);
  });

  test("a timer that does not fit the changelog is not set", async () => {
    end = 2;
    const records = [record("t|a", "100", 0), record("t|b", "100", 1)];
    await role.run(records);
    expect(role.refused(large(0))).toBe(true);
    const made = await apply(await role.run(records));
    expect(made.map(({ topic, key }) => `${topic} ${key}`)).toEqual([
      "p-workflow-dead-letter t|a",
      "p-g-scheduler-changelog t|b",
    ]);
  });

  test("a refusal without a name is found by halves", async () => {
    await read(...["a", "b", "c", "d"].map((name) => [`t|${name}`, "100"] as const));
    now = 1_100;
    const refused = new RecordRefused("no", { topic: "x", partition: 0 });
    const fired: string[] = [];
    while (role.dueIn() === 0) {
      const turn = await role.run([]);
      const bad = turn?.records.some(({ topic, value }) => topic === names.resume && value === "c");
      if (bad) expect(role.refused(refused)).toBe(true);
      else for (const { topic, value } of await apply(turn)) if (value !== null) fired.push(`${topic} ${value}`);
    }
    expect(fired).toEqual([
      "p-workflow-resume a",
      "p-workflow-resume b",
      "p-workflow-dead-letter 100",
      "p-workflow-resume d",
    ]);
  });

  test("anything else is not the role's to judge", async () => {
    await read(["t|a", "1"]);
    now = 1_100;
    await role.run([]);
    expect(role.refused(new Error("gone"))).toBe(false);
  });
});
