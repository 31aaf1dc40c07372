// Owns how scenarios of @kwf/testing are played on a log, all those of a workflow side by side: which records each of them writes to
// workflow-resume, and what has come out of it, in the scenario's own words. Neighbour: scenario-logs.ts has the logs, and the runners
// that are killed.
//
// I1. Every scenario has threads of its own: `~<n>` stands behind each of their names, in what is written as in what comes out.
// I2. The n-th record of a scenario on workflow-resume is its record n, whoever wrote it; the offset there stands in the ids of its refs.
// I3. A scenario's time is its own, and moves between records only. Its timers are what is on workflow-scheduler, and fire when they are due.
// I4. The runner's clock is everybody's: it goes from one time to the next, and a scenario that has times in its records waits for its own.
//     Where none has, nobody drives the clock.
import { type Act, type Scenario, textOf, VirtualScheduler } from "@kwf/testing";

export interface LoggedRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** A log with a runner on it. */
export interface ScenarioLog {
  /** Everything that is committed on a topic with one partition, in order. */
  records(topic: string): Promise<LoggedRecord[]>;
  /** Writes to workflow-resume, in order; resolves with the offsets once these records, and all that follow from them, have been run. */
  run(records: readonly Writing[]): Promise<number[]>;
}

export type Writing = readonly [thread: string, value: string];

/** What a scenario says has to come out, or what came out. */
export interface Outcome {
  readonly scenario: string;
  /** Values in order, by `<topic> <key>`. */
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  /** How the thread stands in the end. */
  readonly status: string;
}

const RESUME = "workflow-resume";
const SCHEDULER = "workflow-scheduler";
const STATUS = "workflow-status";
const THREAD = "test";

/** The record in the id of a ref, `<record>:<name>:<n>`. */
const RECORD_OF_ID = /(?<![\w:.~-])\d+(?=:[A-Za-z][\w-]*:\d)/g;

/** Plays them to their ends, each a record a round, if it is time for it. */
export async function playRounds(
  players: readonly ScenarioPlayer[],
  log: ScenarioLog,
  clock: { now: number } | undefined,
  afterRound: (round: number) => Promise<void> = async () => {},
): Promise<void> {
  const waiting = new Map<ScenarioPlayer, Writing>();
  for (let round = 0; ; round++) {
    const resume = await log.records(RESUME);
    const timers = await log.records(SCHEDULER);
    for (const player of players) {
      const writing = waiting.get(player) ?? player.next(resume, timers);
      if (writing !== undefined) waiting.set(player, writing);
    }
    if (waiting.size === 0) return;
    const next = Math.min(...[...waiting.keys()].filter(({ timed }) => timed).map(({ now }) => now)); // I4
    if (clock !== undefined && next < Number.POSITIVE_INFINITY) clock.now = next;
    const moves = [...waiting].flatMap(([player, writing]) =>
      player.timed && player.now > next ? [] : [{ player, writing }],
    );
    for (const { player } of moves) waiting.delete(player);
    const offsets = await log.run(moves.map(({ writing }) => writing));
    for (const [index, { player }] of moves.entries()) player.written.add(offsets[index]!);
    await afterRound(round);
  }
}

export class ScenarioPlayer {
  /** The offsets of the records that are not the workflow's own. */
  readonly written = new Set<number>();
  readonly #scheduler = new VirtualScheduler();
  readonly #writings: Generator<Writing, void>;
  readonly #threads: RegExp;
  readonly #tag: string;
  #now = new Date("2020-01-01T00:00:00Z").getTime();
  /** Of each of its records on workflow-resume. */
  #offsets: number[] = [];
  #timersSeen = 0;

  constructor(
    readonly scenario: Scenario,
    index: number,
  ) {
    this.#tag = `~${index}`;
    this.#threads = threadsOf(scenario);
    this.#writings = this.#play();
  }

  get timed(): boolean {
    return this.scenario.clock === true;
  }

  /** When it writes next. */
  get now(): number {
    return this.#now;
  }

  /** What it writes next, all that followed from what it wrote last being there; undefined at its end. */
  next(resume: readonly LoggedRecord[], timers: readonly LoggedRecord[]): Writing | undefined {
    this.#offsets = this.#own(resume).map(({ offset }) => offset);
    const all = this.#own(timers);
    for (const { key, value } of all.slice(this.#timersSeen)) this.#scheduler.receive(key, value, this.#now);
    this.#timersSeen = all.length;
    const { value } = this.#writings.next();
    return value ?? undefined;
  }

  *#play(): Generator<Writing, void> {
    for (const act of this.scenario.acts) {
      if ("absent" in act) this.#now += act.absent;
      else if ("advance" in act) {
        const until = this.#now + act.advance;
        for (let due = this.#scheduler.take(until); due !== undefined; due = this.#scheduler.take(until)) {
          this.#now = Math.max(this.#now, due.at);
          yield [due.thread, due.payload]; // I3: as it was written, offsets and all
        }
        this.#now = until;
      } else yield [this.#there(act.thread ?? this.#thread), this.#there(written(act))];
    }
  }

  get expected(): Outcome {
    const { name, acts, ends = "completed" } = this.scenario;
    const lines = acts.flatMap(({ out, thread = this.#thread }) => out.map((one) => textOf(one, thread)));
    return { scenario: name, outputs: byTopicAndKey(lines), status: ends };
  }

  /** The same of what stands on the topics. */
  found(topics: ReadonlyMap<string, readonly LoggedRecord[]>): Outcome {
    const lines = [...topics].flatMap(([topic, records]): Line[] => {
      if (topic === STATUS) return [];
      const own = this.#own(records).filter(({ offset }) => topic !== RESUME || !this.written.has(offset));
      return own.map(({ key, value }) => [topic, this.#here(key), this.#here(value)]);
    });
    const state = topics.get(STATUS)?.findLast(({ key }) => key === this.#there(this.#thread))?.value;
    const status = state == null ? "none" : (JSON.parse(state) as { state: string }).state;
    return { scenario: this.scenario.name, outputs: byTopicAndKey(lines), status };
  }

  /** Whether a record is of one of its threads (I1). */
  owns({ key }: LoggedRecord): boolean {
    return key !== null && /~\d+/.exec(key)?.[0] === this.#tag;
  }

  #own(records: readonly LoggedRecord[]): LoggedRecord[] {
    return records.filter((record) => this.owns(record));
  }

  get #thread(): string {
    return this.scenario.thread ?? THREAD;
  }

  /** A text of the scenario, as it stands on the log. */
  #there(text: string): string {
    const located = text.replace(RECORD_OF_ID, (record) => {
      const offset = this.#offsets[Number(record)];
      if (offset === undefined) throw new RangeError(`"${this.scenario.name}" has no record ${record} yet: ${text}`);
      return String(offset);
    });
    return located.replace(this.#threads, (name) => `${name}${this.#tag}`);
  }

  /** A text of the log, as the scenario has it. What is another's stays as it is, and differs. */
  #here(text: string | null): string | null {
    if (text === null) return null;
    const located = text.replace(RECORD_OF_ID, (offset) => String(this.#offsets.indexOf(Number(offset))));
    return located.replace(/~\d+/g, (tag) => (tag === this.#tag ? "" : tag));
  }
}

/** Finds the names of a scenario's threads; not those that the workflow makes of others, as `parent/child`. */
function threadsOf({ thread = THREAD, acts }: Scenario): RegExp {
  const keys = acts.flatMap((act) => [act.thread, ...act.out.map(([, , key]) => key?.split("|")[0])]);
  const names = [...new Set([thread, ...keys.filter((key) => key !== undefined)])];
  const isPart = (name: string, whole: string) => name !== whole && whole.split(/[:/]/).includes(name);
  const first = names.filter((name) => !names.some((other) => isPart(other, name)));
  return new RegExp(
    `(?<=^|[":/])(${first.map((name) => name.replace(/[^\w/:-]/g, "\\$&")).join("|")})(?=$|[":/])`,
    "g",
  );
}

type Writable = Exclude<Act, { advance: number } | { absent: number }>;

/** As it is written to workflow-resume. */
function written(act: Writable): string {
  if ("start" in act) return `new:${JSON.stringify(act.start) ?? ""}`;
  if ("cancel" in act) return `ctl:${JSON.stringify({ op: "cancel", reason: act.cancel })}`;
  if ("send" in act) return act.send;
  if ("error" in act) return JSON.stringify({ ref: act.resume, error: act.error ?? null });
  return JSON.stringify({ ref: act.resume, value: act.value });
}

type Line = readonly [topic: string, key: string | null, value: string | null];

function byTopicAndKey(lines: readonly Line[]): Outcome["outputs"] {
  const outputs: Record<string, string[]> = {};
  for (const [topic, key, value] of lines) {
    const name = `${topic} ${key}`;
    outputs[name] = [...(outputs[name] ?? []), String(value)];
  }
  return outputs;
}
