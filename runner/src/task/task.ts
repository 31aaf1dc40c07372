// A task: everything a runner does for one partition, from fence to commit. It owns the order of things (design, section 6), the producer,
// the store and the position; lives.ts owns when it begins again and the gate before its turns, the runner whether the partition is ours, the
// role (role.ts) what a record comes to.
//
// I1  Fence before restore, restore before the first turn. Between fence and first turn the group confirms the generation.
// I2  A turn runs on an overlay. The store is written only after the commit succeeded, in one batch with its checkpoint.
// I3  One transaction a turn: outputs, changelog, position. Nothing is sent before the last step of the turn has ended.
// I4  Any error from the first request of a transaction to the answer to its commit is doubt: overlay and producer are dropped, and
//     the task begins again at I1. A commit is never sent twice.
// I5  The position record decides what runs next. The group's offset is read only to notice that a changelog was lost.
// I6  A position outside the input's log stops the task, and says what is lost; nothing is skipped silently.

import { setTimeout as sleep } from "node:timers/promises";
import { OffsetOutOfRange } from "../log/errors.js";
import type { Log, LogRecord, PartitionReader, ReadPart, TransactionalProducer } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { Problem } from "../problem.js";
import type { Checkpoint } from "../store/checkpoint.js";
import type { StateStore } from "../store/store.js";
import type { TopicTable } from "../topics/topic-table.js";
import { faultPoint } from "./faults.js";
import { Lives, type LivesObserver, type Phase } from "./lives.js";
import { changelogLost, inputLost, partitionsChanged } from "./losses.js";
import { encodePosition, firstPosition, POSITION_KEY, type Position } from "./position.js";
import { type RestoreEvent, restore } from "./restore.js";
import type { Role } from "./role.js";
import { PATIENCE_MS, Standstill } from "./standstill.js";

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
  /** Go on where the log begins, or from an empty changelog, instead of stopping (I6). */
  readonly acceptLoss: boolean;
  readonly restorePatienceMs?: number | undefined;
  readonly observer: TaskObserver;
}

/** Who is told what a task does: log and metrics. */
export interface TaskObserver extends LivesObserver {
  restore(event: RestoreEvent): void;
}

/** What lives from one fence to the next doubt. */
interface Life {
  readonly producer: TransactionalProducer;
  readonly store: StateStore;
  position: Position;
  changelogAt: number;
}

/** Of the time of a turn, and at most in ms: so long the next one waits for more records where several came during the last. */
const GATHER_SHARE = 0.25;
const LONGEST_GATHER_MS = 3;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Task {
  readonly role: RoleName;
  readonly partition: number;
  /** Records between the position and the end of the input, as last seen. */
  lag: number | undefined;
  readonly #options: TaskOptions;
  readonly #lives: Lives;
  #life: Life | undefined;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.role = options.role;
    this.partition = options.partition;
    const { confirm, observer, role } = options;
    const lost = (error: OffsetOutOfRange) => inputLost(role, error);
    this.#lives = new Lives({ live: () => this.#live(), confirm, lost, observer });
  }

  get phase(): Phase {
    return this.#lives.phase;
  }

  /** What keeps it from running; undefined when all is well. */
  get trouble(): Error | undefined {
    return this.#lives.trouble;
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
    this.#lives.start();
  }

  suspend(): Promise<void> {
    return this.#lives.suspend();
  }

  proceed(): void {
    this.#lives.proceed();
  }

  /** Finishes the turn unless `now`, frees everything. */
  async close({ now = false } = {}): Promise<void> {
    await this.#lives.close(now ? () => this.#life?.producer.close() : undefined);
    this.#options.work.close();
  }

  /** Says that the store is still current, so that a long idle time does not make it old. */
  async refreshCheckpoint(): Promise<void> {
    const life = this.#life;
    if (life === undefined || this.#lives.inTurn || this.phase !== "running") return;
    if (!(await this.#options.confirm()) || this.#lives.inTurn || this.#life !== life) return;
    await life.store.write([], this.#checkpoint(life)).catch(() => {});
  }

  /** From a fence to the next doubt, or to the end of the task. */
  async #live(): Promise<void> {
    const { log, names, role, partition, work } = this.#options;
    const lives = this.#lives;
    const { signal } = lives;
    await lives.confirmed();
    lives.phase = "fencing";
    const producer = await log.fence(names.transactionalId(partition, role), { signal });
    let store: StateStore | undefined;
    let reader: PartitionReader | undefined;
    const stop = () => void reader?.close();
    try {
      faultPoint("fenced");
      await lives.confirmed();
      lives.phase = "restoring";
      const life = await this.#restored(producer, (open) => {
        store = open;
      });
      store = life.store;
      this.#life = life;
      faultPoint("restored");
      await this.#mustBeInLog(life);
      await work.begin(life.store, this.next ?? 0);
      await lives.confirmed(); // I1
      reader = log.reader({
        topic: this.#input,
        topicId: life.position.ids?.[this.#input],
        partition,
        from: this.next ?? 0,
      });
      signal.addEventListener("abort", stop, { once: true });
      signal.throwIfAborted();
      lives.phase = "running";
      lives.trouble = undefined;
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
    const { signal } = this.#lives;
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
    if (event.type === "stuck") this.#lives.trouble = event.problem;
    else if (this.trouble instanceof Problem) this.#lives.trouble = undefined;
    this.#options.observer.restore(event);
  }

  /** The first record of a changelog partition is its position. */
  async #begin(life: Omit<Life, "position">, partitions: number): Promise<Life> {
    const { log, names, role, partition, acceptLoss } = this.#options;
    const input = { topic: this.#input, partition };
    const changelog = { topic: this.#changelog, partition };
    const { id } = await this.#options.topics.describe(input.topic);
    const [start = 0] = await log.startOffsets([input]);
    const committed = [...(await log.groupOffsets(names.consumerGroup(role), [input])).values()][0];
    if (committed !== undefined && committed > start && !acceptLoss) {
      throw changelogLost(role, changelog, input, names.consumerGroup(role), committed);
    }
    const position = firstPosition(partitions, { [input.topic]: committed ?? start }, { [input.topic]: id });
    const transaction = life.producer.begin();
    transaction.send([{ ...changelog, key: POSITION_KEY, value: encodePosition(position) }]);
    const last = (await transaction.commit()).lastOffset(changelog.topic, partition);
    const begun: Life = { ...life, position, changelogAt: (last ?? 0) + 1 };
    await begun.store.write([], this.#checkpoint(begun));
    return begun;
  }

  async #mustBeInLog(life: Life): Promise<void> {
    const { log, role, partition, acceptLoss, topics } = this.#options;
    const input = { topic: this.#input, partition };
    await topics.refresh([input.topic]);
    const { id } = topics.get(input.topic);
    const {
      next: { [input.topic]: next = 0 },
      ids,
    } = life.position;
    const [start = 0] = await log.startOffsets([input]);
    const [end = 0] = await log.endOffsets([input], "uncommitted");
    const replaced = (ids?.[input.topic] ?? id) !== id;
    const lost = replaced || next < start || next > end;
    if (lost && !acceptLoss) throw inputLost(role, new OffsetOutOfRange(input, next, start, end, replaced));
    life.position = {
      ...life.position,
      next: { ...life.position.next, [input.topic]: lost ? start : next },
      ids: { ...ids, [input.topic]: id },
    };
  }

  /** One turn after the other: what is due goes first, then what the input has. */
  async #read(life: Life, reader: PartitionReader): Promise<void> {
    const { log, work, partition, restorePatienceMs: patienceMs = PATIENCE_MS } = this.#options;
    const where = { topic: this.#input, partition };
    const standstill = new Standstill({ log, where, code: "input-stuck", what: "the reading of", patienceMs });
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
      const begun = performance.now();
      let rest = part.records;
      while (rest.length > 0) {
        const some = rest.slice(0, work.limitAt(rest[0]!.offset));
        const done = await this.#take(life, some, some.length === rest.length ? part.nextOffset : undefined);
        rest = rest.slice(done);
      }
      work.reached?.(part.nextOffset);
      if (part.records.length > 1 && part.nextOffset >= part.stableOffset) await gather(performance.now() - begun);
      const stands = part.records.length === 0 && part.stableOffset < part.endOffset;
      if (!stands) this.#lives.trouble = undefined;
      this.#lives.trouble = (await standstill.look(part.nextOffset, stands)) ?? this.#lives.trouble;
    }
  }

  /** How many of the records are done. */
  #take(life: Life, records: readonly LogRecord[], nextIfAll: number | undefined): Promise<number> {
    return this.#lives.turn(() => {
      faultPoint("read");
      return this.#runTurn(life, records, nextIfAll);
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
      this.#lives.healthy();
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

/** A transaction costs a broker the same for one record as for ten: under load a little patience makes fewer of them, and all faster. */
async function gather(turnMs: number): Promise<void> {
  const ms = Math.min(turnMs * GATHER_SHARE, LONGEST_GATHER_MS);
  if (ms >= 1) await sleep(ms);
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
