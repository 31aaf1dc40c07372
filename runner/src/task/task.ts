// A task: everything a runner does for one partition, from fence to commit. It owns the order of things (design, section 6), the producer,
// the store and the position; the runner owns whether the partition is ours; the role (role.ts) owns what a record comes to.
//
// I1  Fence before restore, restore before the first turn. Between fence and first turn the group confirms the generation.
// I2  A turn runs on an overlay. The store is written only after the commit succeeded, in one batch with its checkpoint.
// I3  One transaction a turn: outputs, changelog, position. Nothing is sent before the last step of the turn has ended.
// I4  Any error from the first request of a transaction to the answer to its commit is doubt: overlay and producer are dropped, and
//     the task begins again at I1. A commit is never sent twice.
// I5  The position record decides what runs next. The group's offset is read only to notice that a changelog was lost.
// I6  While the gate is shut no turn begins; one that has begun is finished.
// I7  A position outside the input's log stops the task, and says what is lost; nothing is skipped silently.

import { setTimeout as sleep } from "node:timers/promises";
import { OffsetOutOfRange } from "../log/errors.js";
import type { Log, LogRecord, PartitionReader, ReadPart, TransactionalProducer } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { Problem } from "../problem.js";
import type { Checkpoint } from "../store/checkpoint.js";
import type { StateStore } from "../store/store.js";
import type { TopicTable } from "../topic-table.js";
import { faultPoint } from "./faults.js";
import { Gate } from "./gate.js";
import { encodePosition, firstPosition, POSITION_KEY, type Position } from "./position.js";
import { type RestoreEvent, restore } from "./restore.js";
import type { Role } from "./role.js";

export interface TaskOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly role: RoleName;
  readonly partition: number;
  readonly topics: TopicTable;
  /** What records are, and what becomes of them. */
  readonly work: Role;
  readonly openStore: () => Promise<StateStore>;
  /** Asks the group whether the partition is still ours. */
  readonly confirm: () => Promise<boolean>;
  /** Go on where the log begins, or from an empty changelog, instead of stopping (I7). */
  readonly acceptLoss: boolean;
  readonly restorePatienceMs?: number | undefined;
  readonly observer: TaskObserver;
}

/** Who is told what a task does: log and metrics. */
export interface TaskObserver {
  restore(event: RestoreEvent): void;
  doubt(error: Error): void;
  stopped(error: Error): void;
}

export type Phase = "waiting" | "fencing" | "restoring" | "running" | "stopped" | "closed";

/** What lives from one fence to the next doubt. */
interface Life {
  readonly producer: TransactionalProducer;
  readonly store: StateStore;
  position: Position;
  changelogAt: number;
}

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5_000;
const CONFIRM_AGAIN_MS = 200;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** For messages: what a changelog keeps, and what comes of records that are lost. */
const KEPT = { run: "the states of its threads", scheduler: "its timers" };
const UNDONE = {
  run: "threads that waited for what is lost wait on",
  scheduler: "timers that it would have set or taken back are as they were",
};

/** The partition may belong to somebody else now. */
class NotConfirmed extends Error {}

export class Task {
  readonly role: RoleName;
  readonly partition: number;
  phase: Phase = "waiting";
  /** What keeps it from running; undefined when all is well. */
  trouble: Error | undefined;
  /** Records between the position and the end of the input, as last seen. */
  lag: number | undefined;
  readonly #options: TaskOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  #life: Life | undefined;
  #turn: Promise<unknown> | undefined;
  #backoffMs = FIRST_BACKOFF_MS;
  #running: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.role = options.role;
    this.partition = options.partition;
  }

  /** The next offset to run; undefined until that is known. */
  get next(): number | undefined {
    return this.#life?.position.next[this.#input];
  }

  get store(): StateStore | undefined {
    return this.#life?.store;
  }

  get #input(): string {
    const { names, role } = this.#options;
    return names.input(role);
  }

  get #changelog(): string {
    const { names, role } = this.#options;
    return names.changelog(role);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** No turn begins from now on (I6); resolves when the last one has ended. */
  async suspend(): Promise<void> {
    this.#gate.shut();
    await this.#turn?.catch(() => {});
  }

  proceed(): void {
    this.#gate.open();
  }

  /** Finishes the turn unless `now`, frees everything. */
  async close({ now = false } = {}): Promise<void> {
    this.#gate.shut();
    if (!now) await this.#turn?.catch(() => {});
    this.#closing.abort();
    this.#gate.open();
    if (now) await this.#life?.producer.close();
    await this.#running;
    this.#options.work.close();
    if (this.phase !== "stopped") this.phase = "closed";
  }

  /** Says that the store is still current, so that a long idle time does not make it old. */
  async refreshCheckpoint(): Promise<void> {
    const life = this.#life;
    if (life === undefined || this.#turn !== undefined || this.phase !== "running") return;
    if (!(await this.#options.confirm()) || this.#turn !== undefined || this.#life !== life) return;
    await life.store.write([], this.#checkpoint(life)).catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#live();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof Problem || error instanceof OffsetOutOfRange) {
          this.phase = "stopped";
          this.trouble = error instanceof OffsetOutOfRange ? inputLost(this.#options.role, error) : error; // I7
          this.#options.observer.stopped(this.trouble);
          return;
        }
        this.phase = "waiting";
        if (error instanceof NotConfirmed) {
          await sleep(CONFIRM_AGAIN_MS, undefined, { signal }).catch(() => {});
          continue;
        }
        this.trouble = error as Error;
        this.#options.observer.doubt(error as Error);
        await sleep(this.#backoffMs, undefined, { signal }).catch(() => {});
        this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
      }
    }
  }

  /** From a fence to the next doubt, or to the end of the task. */
  async #live(): Promise<void> {
    const { log, names, role, partition, confirm, work } = this.#options;
    const { signal } = this.#closing;
    await this.#gate.pass();
    if (!(await confirm())) throw new NotConfirmed();
    this.phase = "fencing";
    const producer = await log.fence(names.transactionalId(partition, role), { signal });
    let store: StateStore | undefined;
    let reader: PartitionReader | undefined;
    const stop = () => void reader?.close();
    try {
      faultPoint("fenced");
      if (!(await confirm())) throw new NotConfirmed();
      this.phase = "restoring";
      const life = await this.#restored(producer, (open) => {
        store = open;
      });
      store = life.store;
      this.#life = life;
      faultPoint("restored");
      await this.#mustBeInLog(life);
      await work.begin(life.store, this.next ?? 0);
      await this.#gate.pass();
      if (!(await confirm())) throw new NotConfirmed(); // I1
      reader = log.reader({ topic: this.#input, partition, from: this.next ?? 0 });
      signal.addEventListener("abort", stop, { once: true });
      signal.throwIfAborted();
      this.phase = "running";
      this.trouble = undefined;
      await this.#read(life, reader);
    } finally {
      signal.removeEventListener("abort", stop);
      const life = this.#life;
      this.#life = undefined;
      await reader?.close();
      // The last word on an orderly end: the store was current up to now.
      if (life !== undefined && signal.aborted && producer.ended === undefined) {
        await life.store.write([], this.#checkpoint(life)).catch(() => {});
      }
      await producer.close();
      await store?.close();
    }
  }

  async #restored(producer: TransactionalProducer, opened: (store: StateStore) => void): Promise<Life> {
    const { log, cluster, partition, topics, work, openStore, acceptLoss, restorePatienceMs } = this.#options;
    const changelog = { topic: this.#changelog, partition };
    const { tombstoneRetentionMs } = await topics.describe(changelog.topic);
    let store = await openStore();
    opened(store);
    const { signal } = this.#closing;
    const restored = await restore({
      log,
      cluster,
      changelog,
      tombstoneRetentionMs,
      store,
      emptyStore: async () => {
        store = await openStore();
        opened(store);
        return store;
      },
      changesOf: (key, value) => work.changesOf(key, value),
      acceptLoss,
      patienceMs: restorePatienceMs,
      tell: (event) => this.#tell(event),
      signal,
    });
    const life = { producer, store: restored.store, changelogAt: restored.changelogAt };
    const { partitions } = await topics.describe(this.#input);
    const { position } = restored;
    if (position === undefined) return this.#begin(life, partitions);
    if (position.partitions !== partitions) throw partitionsChanged(this.#input, position.partitions, partitions);
    return { ...life, position };
  }

  #tell(event: RestoreEvent): void {
    if (event.type === "stuck") this.trouble = event.problem;
    else if (this.trouble instanceof Problem) this.trouble = undefined;
    this.#options.observer.restore(event);
  }

  /** The first record of a changelog partition is its position. */
  async #begin(life: Omit<Life, "position">, partitions: number): Promise<Life> {
    const { log, names, role, partition, acceptLoss } = this.#options;
    const input = { topic: this.#input, partition };
    const changelog = { topic: this.#changelog, partition };
    const [start = 0] = await log.startOffsets([input]);
    const committed = [...(await log.groupOffsets(names.consumerGroup(role), [input])).values()][0];
    if (committed !== undefined && committed > start && !acceptLoss) {
      throw new Problem(
        "changelog-lost",
        `${changelog.topic}-${partition} is empty, but group ${names.consumerGroup(role)} has run ${input.topic}-${partition} up to offset ${committed}: ${KEPT[role]} are lost. Bring the topic back, or start with --accept-loss to go on from that offset without them`,
      );
    }
    const position = firstPosition(partitions, { [input.topic]: committed ?? start });
    const transaction = life.producer.begin();
    transaction.send([{ ...changelog, key: POSITION_KEY, value: encodePosition(position) }]);
    const last = (await transaction.commit()).lastOffset(changelog.topic, partition);
    const begun: Life = { ...life, position, changelogAt: (last ?? 0) + 1 };
    await begun.store.write([], this.#checkpoint(begun));
    return begun;
  }

  async #mustBeInLog(life: Life): Promise<void> {
    const { log, role, partition, acceptLoss } = this.#options;
    const input = { topic: this.#input, partition };
    const next = life.position.next[input.topic] ?? 0;
    const [start = 0] = await log.startOffsets([input]);
    const [end = 0] = await log.endOffsets([input], "uncommitted");
    if (next >= start && next <= end) return;
    if (acceptLoss) {
      life.position = { ...life.position, next: { ...life.position.next, [input.topic]: start } };
      return;
    }
    throw inputLost(role, new OffsetOutOfRange(input, next, start, end));
  }

  /** One turn after the other: what is due goes first, then what the input has. */
  async #read(life: Life, reader: PartitionReader): Promise<void> {
    const { work } = this.#options;
    let reading: Promise<ReadPart> | undefined;
    for (;;) {
      if (work.dueIn() === 0) await this.#take(life, [], undefined);
      if (reading === undefined) {
        reading = reader.read();
        // While something else goes first, nobody waits for it; its error is met when somebody does.
        reading.catch(() => {});
      }
      const part = await orDue(reading, work.dueIn());
      if (part === undefined) continue;
      reading = undefined;
      this.lag = part.endOffset - part.nextOffset;
      let rest = part.records;
      while (rest.length > 0) {
        const some = rest.slice(0, work.limitAt(rest[0]!.offset));
        const done = await this.#take(life, some, some.length === rest.length ? part.nextOffset : undefined);
        rest = rest.slice(done);
      }
      work.reached?.(part.nextOffset);
    }
  }

  /** A turn, once the gate lets it pass; how many of the records are done. */
  async #take(life: Life, records: readonly LogRecord[], nextIfAll: number | undefined): Promise<number> {
    await this.#gate.pass();
    this.#closing.signal.throwIfAborted();
    faultPoint("read");
    const turn = this.#runTurn(life, records, nextIfAll);
    this.#turn = turn;
    return turn.finally(() => {
      this.#turn = undefined;
    });
  }

  async #runTurn(life: Life, records: readonly LogRecord[], nextIfAll: number | undefined): Promise<number> {
    const { work, partition } = this.#options;
    try {
      const turn = await work.run(records);
      if (turn === undefined) return 0;
      const begin = performance.now();
      const position = this.#positionAfter(life, records, turn.done, nextIfAll);
      const transaction = life.producer.begin();
      const own = { topic: this.#changelog, partition, key: POSITION_KEY, value: encodePosition(position) };
      transaction.send([...turn.records, own]);
      await transaction.flush();
      faultPoint("sent");
      const committed = await transaction.commit();
      faultPoint("committed");
      life.position = position;
      life.changelogAt = (committed.lastOffset(own.topic, partition) ?? life.changelogAt - 1) + 1;
      await life.store.write(turn.changes, this.#checkpoint(life));
      faultPoint("applied");
      this.#backoffMs = FIRST_BACKOFF_MS;
      turn.applied(performance.now() - begin);
      return turn.done;
    } catch (error) {
      if (!work.refused(error) || life.producer.ended !== undefined) throw error; // I4
      return 0;
    }
  }

  /** What is due without a record leaves it where it is. */
  #positionAfter({ position }: Life, records: readonly LogRecord[], done: number, nextIfAll?: number): Position {
    const last = records[done - 1];
    if (last === undefined) return position;
    const next = (done === records.length ? nextIfAll : undefined) ?? last.offset + 1;
    return { ...position, next: { ...position.next, [this.#input]: next } };
  }

  #checkpoint({ position, changelogAt }: Life): Checkpoint {
    const { cluster, partition } = this.#options;
    const origin = { cluster, topic: this.#changelog, partition, incarnation: position.incarnation };
    return { ...origin, position: changelogAt, inputs: position.next, currentAt: Date.now() };
  }
}

/** What comes of the promise; undefined when the time was up first. */
async function orDue<T>(promise: Promise<T>, ms: number | undefined): Promise<T | undefined> {
  if (ms === undefined) return promise;
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.min(ms, LONGEST_TIMER_MS));
  });
  try {
    return await Promise.race([promise, due]);
  } finally {
    clearTimeout(timer);
  }
}

function inputLost(role: RoleName, { message, start }: OffsetOutOfRange): Problem {
  return new Problem("input-lost", `${message}. Start with --accept-loss to go on at offset ${start}; ${UNDONE[role]}`);
}

export function partitionsChanged(topic: string, before: number, now: number): Problem {
  return new Problem(
    "wrong-partition-count",
    `${topic} has ${now} partitions, and its records were spread over ${before}; now they would go elsewhere. Make a topic with ${before} partitions again, or begin with another --prefix`,
  );
}
