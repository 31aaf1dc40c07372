// Brings the store of a partition to the end of its changelog. It owns the decision between the tail and the whole; checkpoint.ts owns
// what can be told from a checkpoint alone. Runs after the fence and before the first step (design, section 6, 2).
//
// I1 It ends when its read-committed position has reached the read-uncommitted end that the changelog had after the fence.
// I2 A store is continued only if the position record at, or first behind, its checkpoint has the incarnation of the checkpoint; nothing
//    is written to it before that is known. Every other store is emptied first.
//    A checkpoint therefore stands behind a position record, not behind what may follow it: markers, aborted transactions.
// I3 A rebuilt store is as current as the moment its reading began: a tombstone younger than that is still in the log.
// I4 A restore that stands still says so, and waits: nothing is passed over.
// I5 A changelog that has less than the store has seen of it is an error, not a reason to rebuild.

import type { Log, PartitionReader, TopicPartition } from "../log/log.js";
import { Problem } from "../problem.js";
import { type Checkpoint, distrust, type Origin } from "../store/checkpoint.js";
import type { Change, StateStore } from "../store/store.js";
import { decodePosition, POSITION_KEY, type Position } from "./position.js";
import type { Role } from "./role.js";
import { PATIENCE_MS, Standstill } from "./standstill.js";

const CHUNK_CHANGES = 5_000;
const PROGRESS_MS = 2_000;

export interface RestoreOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly changelog: TopicPartition;
  readonly tombstoneRetentionMs: number;
  readonly store: StateStore;
  /** Gives an empty store in the place of one that was destroyed. */
  readonly emptyStore: () => Promise<StateStore>;
  /** What a record changes in the store; the position does not come here. */
  readonly changesOf: Role["changesOf"];
  /** Go on although records of the changelog are lost. */
  readonly acceptLoss: boolean;
  /** PATIENCE_MS, if absent. */
  readonly patienceMs?: number | undefined;
  readonly tell: (event: RestoreEvent) => void;
  readonly signal: AbortSignal;
}

export type RestoreEvent =
  | { readonly type: "begun"; readonly from: number; readonly to: number; readonly why: string }
  | { readonly type: "progress"; readonly at: number; readonly to: number; readonly records: number }
  /** It stands still. It goes on by itself when the cause has gone. */
  | { readonly type: "stuck"; readonly at: number; readonly to: number; readonly problem: Problem }
  | { readonly type: "done"; readonly at: number; readonly records: number; readonly ms: number };

export interface Restored {
  readonly store: StateStore;
  /** Undefined: the changelog partition has never held anything. */
  readonly position: Position | undefined;
  /** The next changelog offset. */
  readonly changelogAt: number;
}

export async function restore(options: RestoreOptions): Promise<Restored> {
  const { log, changelog, cluster, tombstoneRetentionMs } = options;
  const [start = 0] = await log.startOffsets([changelog]);
  const [end = 0] = await log.endOffsets([changelog], "uncommitted");
  const checkpoint = await options.store.checkpoint();
  let why = "there is no local state";
  if (checkpoint !== undefined) {
    const now = { cluster, ...changelog, incarnation: checkpoint.incarnation, start, end, tombstoneRetentionMs };
    const reason = distrust(checkpoint, now, Date.now());
    if (reason === undefined) {
      const restored = await continued(options, checkpoint, start, end);
      if (restored !== undefined) return restored;
      why = "it was made from another incarnation of the changelog";
    } else why = reason;
    if (checkpoint.position > end && !options.acceptLoss) await mustNotBeLost(options, checkpoint, start, end);
  }
  for (;;) {
    const begun = Date.now();
    const store = checkpoint === undefined ? options.store : await emptied(options);
    options.tell({ type: "begun", from: start, to: end, why: `everything: ${why}` });
    const restored = await new Restore({ ...options, store }, undefined, begun).read(start, end);
    if (restored === undefined) throw new Error("a restore from the start has nothing to disagree with");
    if (Date.now() - begun <= tombstoneRetentionMs / 2 || end === start) return restored;
    why = "reading it took longer than half the time that tombstones are kept";
    options = { ...options, store: await emptied({ ...options, store: restored.store }) };
  }
}

async function emptied({ store, emptyStore }: RestoreOptions): Promise<StateStore> {
  await store.destroy();
  return emptyStore();
}

/** The store knows more than the changelog: fine only where another changelog took the place of the one it was made from (I5). */
async function mustNotBeLost(
  { log, changelog, cluster }: RestoreOptions,
  checkpoint: Checkpoint,
  start: number,
  end: number,
): Promise<void> {
  const { topic, partition } = changelog;
  if (checkpoint.cluster !== cluster || checkpoint.topic !== topic || checkpoint.partition !== partition) return;
  const position = start < end ? await positionIn(log, changelog, start, end) : undefined;
  if (position !== undefined && position.incarnation !== checkpoint.incarnation) return;
  throw new Problem(
    "changelog-lost",
    `${topic}-${partition} ends at offset ${end}, and this runner has seen it up to offset ${checkpoint.position}: what it kept in between is lost. Bring the topic back, or start with --accept-loss to go on with what is there`,
  );
}

async function positionIn(log: Log, where: TopicPartition, start: number, end: number): Promise<Position | undefined> {
  const reader = log.reader({ ...where, from: start });
  let position: Position | undefined;
  try {
    while (reader.position < end) {
      for (const { key, value } of (await reader.read()).records) {
        if (value !== null && key?.toString("latin1") === POSITION_KEY) {
          position = decodePosition(value, `${where.topic}-${where.partition}`);
        }
      }
    }
  } finally {
    await reader.close();
  }
  return position;
}

function continued(
  options: RestoreOptions,
  checkpoint: Checkpoint,
  start: number,
  end: number,
): Promise<Restored | undefined> {
  const from = Math.max(start, checkpoint.position - 1);
  options.tell({ type: "begun", from, to: end, why: "the tail: local state is there" });
  return new Restore(options, checkpoint, checkpoint.currentAt).read(from, end);
}

class Restore {
  readonly #options: RestoreOptions;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #currentAt: number;
  readonly #begun = performance.now();
  #position: Position | undefined;
  /** The offset behind that record. */
  #behind: number | undefined;
  #changes: Change[] = [];
  #records = 0;

  constructor(options: RestoreOptions, checkpoint: Checkpoint | undefined, currentAt: number) {
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#currentAt = currentAt;
  }

  /** Undefined: another incarnation (I2). */
  async read(from: number, end: number): Promise<Restored | undefined> {
    const { log, changelog, store, tell, signal } = this.#options;
    const reader = log.reader({ ...changelog, from });
    const stop = () => void reader.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      if (!(await this.#toEnd(reader, end))) return undefined;
      const at = this.#behind ?? reader.position;
      if (this.#position === undefined && this.#checkpoint !== undefined) return undefined;
      if (this.#position === undefined && this.#records > 0) {
        throw new Problem(
          "changelog-foreign",
          `${changelog.topic}-${changelog.partition} holds records but no position: it is no changelog of kwf, or part of it was deleted`,
        );
      }
      await this.#flush(Date.now());
      tell({ type: "done", at, records: this.#records, ms: Math.round(performance.now() - this.#begun) });
      return { store, position: this.#position, changelogAt: at };
    } finally {
      signal.removeEventListener("abort", stop);
      await reader.close();
    }
  }

  /** False: another incarnation. */
  async #toEnd(reader: PartitionReader, end: number): Promise<boolean> {
    const { log, changelog: where, patienceMs = PATIENCE_MS, tell } = this.#options;
    const standstill = new Standstill({ log, where, code: "restore-stuck", what: "the restore of", patienceMs });
    let told = performance.now();
    while (reader.position < end) {
      const before = reader.position;
      const { records } = await reader.read();
      const now = performance.now();
      for (const { offset, key, value } of records) {
        if (key === null) continue;
        this.#records += 1;
        if (key.toString("latin1") === POSITION_KEY) {
          this.#behind = offset + 1;
          if (value === null || !this.#sees(decodePosition(value, `${reader.topic}-${reader.partition}`))) return false;
        } else this.#changes.push(...this.#options.changesOf(key, value));
      }
      if (this.#changes.length > CHUNK_CHANGES && this.#position !== undefined) {
        await this.#flush(this.#currentAt);
      }
      const problem = await standstill.look(reader.position, true);
      if (problem !== undefined) tell({ type: "stuck", at: reader.position, to: end, problem });
      if (reader.position !== before && now - told > PROGRESS_MS) {
        told = now;
        tell({ type: "progress", at: reader.position, to: end, records: this.#records });
      }
    }
    return true;
  }

  #sees(position: Position): boolean {
    this.#position = position;
    return this.#checkpoint === undefined || this.#checkpoint.incarnation === position.incarnation;
  }

  async #flush(currentAt: number): Promise<void> {
    const { store, cluster, changelog } = this.#options;
    const changes = this.#changes;
    this.#changes = [];
    if (this.#position === undefined || this.#behind === undefined) return;
    const { incarnation, next } = this.#position;
    const origin: Origin = { cluster, topic: changelog.topic, partition: changelog.partition, incarnation };
    await store.write(changes, { ...origin, position: this.#behind, inputs: next, currentAt });
  }
}
