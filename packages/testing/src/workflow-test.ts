import { AssertionError, deepStrictEqual } from "node:assert/strict";
import {
  type Bundle,
  bundleOf,
  type ConsoleLine,
  decodeState,
  ERROR_TOPIC,
  type HeldRecord,
  type InputRecord,
  loadBundle,
  type NameMap,
  type OutputRecord,
  RESULT_TOPIC,
  RESUME_TOPIC,
  type Routed,
  type RouteOptions,
  receive,
  route,
  type StepOptions,
  type StepResult,
  step,
  type ThreadStatus,
} from "@kwf/engine";
import { type FakeService, FakeServices, type TopicLike } from "./fake-services.js";
import { VirtualScheduler } from "./virtual-scheduler.js";
import { waitingText } from "./waiting.js";

export interface WorkflowTestOptions {
  /** The thread that methods mean when they are given none. */
  thread?: string;
  /** Where the clock starts, epoch milliseconds or a date. Default: 2020-01-01T00:00:00Z. */
  now?: number | Date;
  /** What workflow code sees as `W.config`. */
  config?: unknown;
  /** Milliseconds a step may run. */
  stepTimeoutMs?: number;
}

export interface ThreadOption {
  thread?: string;
}

/** A record of an input topic. What is left out is null, empty, and the clock's time. */
export interface TestRecord {
  key?: string | null;
  value?: string | null;
  headers?: Readonly<Record<string, string>>;
  timestamp?: number;
}

/** A ref by its id, or any object that carries it, such as `{ ref }` sent to a service. */
export type RefLike = string | { ref: string } | { id: string } | undefined;

type Delivered = Pick<OutputRecord, "key" | "value" | "headers">;

const SCHEDULER_TOPIC = "workflow-scheduler";
const EPOCH = Date.UTC(2020, 0, 1);

/** The argument of `start`, which may be left out where the workflow can do without. */
type StartArguments<Input> = undefined extends Input
  ? [input?: Input, options?: ThreadOption]
  : [input: Input, options?: ThreadOption];

/**
 * A workflow without Kafka, clock or disk. Every record is a step of its own: state is read from bytes into a new realm before it, and
 * written to bytes after it. Time stands still until `advance`.
 */
export class WorkflowTest<Input = unknown, Result = unknown> {
  /** The clock, epoch milliseconds. */
  now: number;
  /** What each step left, in order. */
  readonly steps: StepResult[] = [];
  /** What each record of an input topic came to, in order. */
  readonly inputs: Routed[] = [];
  readonly scheduler = new VirtualScheduler();
  readonly #options: WorkflowTestOptions;
  /** Every one that was deployed, by hash; the last of them is the newest. */
  #sources: string[];
  #bundles = new Map<string, Bundle>();
  #bundle: Bundle;
  #offset = 0;
  readonly #inputOffsets = new Map<string, number>();
  readonly #states = new Map<string, Uint8Array>();
  readonly #held = new Map<string, readonly HeldRecord[]>();
  readonly #statuses = new Map<string, ThreadStatus>();
  readonly #pending = new Map<string, string[]>();
  readonly #outputs: OutputRecord[] = [];
  readonly #console: ConsoleLine[] = [];
  readonly #services = new FakeServices();
  /** How many records of a topic expectOutput has given. */
  readonly #expected = new Map<string, number>();
  #taken = 0;

  constructor(source: string, options: WorkflowTestOptions = {}) {
    this.#sources = [source];
    this.#options = options;
    this.#bundle = this.#load(source);
    this.now = options.now === undefined ? EPOCH : Number(options.now);
  }

  /** Starts the workflow with that argument; what it puts out is in the answer and in `outputs`. */
  start(...[input, { thread = this.thread } = {}]: StartArguments<Input>): OutputRecord[] {
    return this.send(`new:${input === undefined ? "" : JSON.stringify(input)}`, { thread });
  }

  resume(ref: RefLike, value?: unknown, { thread = this.thread }: ThreadOption = {}): OutputRecord[] {
    return this.send(JSON.stringify({ ref: refId(ref), value }), { thread });
  }

  /** Makes the await throw `error` as it is. */
  reject(ref: RefLike, error: unknown, { thread = this.thread }: ThreadOption = {}): OutputRecord[] {
    return this.send(JSON.stringify({ ref: refId(ref), error: error ?? null }), { thread });
  }

  /**
   * Answers every request on a topic from now on, at once, with what `service` returns; what it throws, the await throws. Without a
   * service nobody answers again.
   *
   *     t.reply(reserveCar, ({ name }) => ({ id: `car of ${name}` }));
   *
   * A topic of @kwf/patterns brings its types and schemas; a name does as well.
   */
  reply<Received, Answer>(
    topic: TopicLike<Received, Answer>,
    service?: (request: Received, record: OutputRecord) => Answer,
  ): this;
  reply(topic: string, service?: FakeService): this;
  reply(topic: string | TopicLike<unknown, unknown>, service?: FakeService): this {
    const like = typeof topic === "string" ? { name: topic } : topic;
    if (service === undefined) this.#services.remove(like.name);
    else this.#services.add(like, service);
    return this;
  }

  cancel(reason?: string, { thread = this.thread }: ThreadOption = {}): OutputRecord[] {
    return this.send(`ctl:${JSON.stringify({ op: "cancel", reason })}`, { thread });
  }

  /**
   * A record of one of `manifest.inputTopics`: what it means for a thread follows at once.
   * @throws RangeError for a topic that the manifest does not name
   */
  input(topic: string, { key = null, value = null, headers = {}, timestamp = this.now }: TestRecord): OutputRecord[] {
    const topics = this.#bundle.manifest.inputTopics ?? [];
    if (!topics.includes(topic))
      throw new RangeError(`"${topic}" is no input topic of this workflow; it has ${topics.join(", ") || "none"}`);
    const offset = this.#inputOffsets.get(topic) ?? 0;
    this.#inputOffsets.set(topic, offset + 1);
    const { config, stepTimeoutMs } = this.#options;
    const options: RouteOptions = { fresh: true };
    if (config !== undefined) options.config = JSON.stringify(config);
    if (stepTimeoutMs !== undefined) options.timeoutMs = stepTimeoutMs;
    const record: InputRecord = { key, value, headers, timestamp, offset: String(offset), partition: 0 };
    const routed = route(this.#bundle, topic, record, options);
    this.inputs.push(routed);
    this.#console.push(...routed.console);
    const { output } = routed;
    if (output?.topic === RESUME_TOPIC) return this.#deliver(output);
    if (output !== undefined) this.#outputs.push(output);
    return output === undefined ? [] : [output];
  }

  /** Any record on `workflow-resume`. Records that the workflow itself sends there follow at once. */
  send(value: string | null, { thread = this.thread }: ThreadOption = {}): OutputRecord[] {
    return this.#deliver({ key: thread, value });
  }

  #deliver(record: Delivered): OutputRecord[] {
    const first = this.#outputs.length;
    const queue: Delivered[] = [record];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const output of this.#step(next)) {
        if (output.topic === RESUME_TOPIC) queue.push(output);
        else if (output.topic === SCHEDULER_TOPIC) this.scheduler.receive(output.key, output.value, this.now);
        const answer = this.#services.answer(output);
        if (answer !== undefined) queue.push({ key: answer.thread, value: answer.value });
      }
    }
    return this.#outputs.slice(first);
  }

  /** Moves the clock, and fires what becomes due on the way, each timer at its own time. */
  advance(ms: number): OutputRecord[] {
    const first = this.#outputs.length;
    const until = this.now + ms;
    for (let firing = this.scheduler.take(until); firing !== undefined; firing = this.scheduler.take(until)) {
      this.now = Math.max(this.now, firing.at);
      this.send(firing.payload, { thread: firing.thread });
    }
    this.now = until;
    return this.#outputs.slice(first);
  }

  /** As if the process had died between two records: nothing is left but the bytes. */
  restart(): void {
    this.#bundles.clear();
    for (const source of this.#sources) this.#bundle = this.#load(source);
  }

  /**
   * As if runners had been started with another bundle: new threads start on it, and those that live move to it with their next step if
   * nothing that they refer to has changed. The others stay on theirs, until `move`.
   */
  deploy(source: string): void {
    this.#sources = [...this.#sources.filter((other) => other !== source), source];
    this.#bundle = this.#load(source);
  }

  /**
   * What `kwf move` does: carries the thread to the bundle of the last `deploy`, by names.
   * @throws Error that says why not
   */
  move(map?: NameMap, { thread = this.thread }: ThreadOption = {}): OutputRecord[] {
    const outputs = this.send(`ctl:${JSON.stringify({ op: "move", bundle: this.#bundle.hash, map })}`, { thread });
    const refused = outputs.find(({ headers }) => headers?.["kwf-reason"] === "move-refused");
    if (refused !== undefined) throw new Error(refused.headers?.["kwf-message"]);
    return outputs;
  }

  /** Hash of the bundle that the thread is on; undefined where nothing is left of it. */
  bundleOf(thread = this.thread): string | undefined {
    const state = this.state(thread);
    return state === null ? undefined : bundleOf(decodeState(state));
  }

  #load(source: string): Bundle {
    const bundle = loadBundle(source);
    this.#bundles.set(bundle.hash, bundle);
    return bundle;
  }

  #home(state: Uint8Array | null): Bundle {
    const hash = state === null ? undefined : bundleOf(decodeState(state));
    return (hash === undefined ? undefined : this.#bundles.get(hash)) ?? this.#bundle;
  }

  /** All records so far, in order; of one topic if it is named. */
  outputs(topic?: string): OutputRecord[] {
    return topic === undefined ? [...this.#outputs] : this.#outputs.filter((output) => output.topic === topic);
  }

  /** The values sent to a topic, parsed. */
  values<T = unknown>(topic: string): T[] {
    return this.outputs(topic).map(({ value }) => (value === null ? undefined : JSON.parse(value)) as T);
  }

  /** Records since the last call. */
  take(): OutputRecord[] {
    const fresh = this.#outputs.slice(this.#taken);
    this.#taken = this.#outputs.length;
    return fresh;
  }

  /**
   * The next record on a topic that this has not given yet, parsed; with a value, it has to be that one, as JSON.
   * @throws AssertionError with what the thread waits for
   */
  expectOutput<T = unknown>(topic: string, ...expected: [value?: unknown]): T {
    const seen = this.#expected.get(topic) ?? 0;
    const values = this.values<T>(topic);
    if (seen >= values.length) {
      const before = values.map((value) => `\n  ${JSON.stringify(value)}`).join("");
      const message = `no further record came to "${topic}"; before, ${values.length} did${before}\n${this.show()}`;
      throw new AssertionError({ message, operator: "expectOutput", stackStartFn: this.expectOutput });
    }
    this.#expected.set(topic, seen + 1);
    const value = values[seen] as T;
    if (expected.length > 0) deepStrictEqual(value, JSON.parse(JSON.stringify(expected[0]) ?? "null") as unknown);
    return value;
  }

  get thread(): string {
    return this.#options.thread ?? "test";
  }

  get bundle(): Bundle {
    return this.#bundle;
  }

  /** What console.* printed, in order. */
  get console(): readonly ConsoleLine[] {
    return this.#console;
  }

  status(thread = this.thread): ThreadStatus | undefined {
    return this.#statuses.get(thread);
  }

  /** Ids of the refs that wait, in the order in which they were made. */
  pending(thread = this.thread): string[] {
    return this.#pending.get(thread) ?? [];
  }

  /** The bytes that are kept for the thread between two records; null where nothing is left of it. */
  state(thread = this.thread): Uint8Array | null {
    return this.#states.get(thread) ?? null;
  }

  /** What the thread waits for, and where: the async stack of each ref, with source lines and locals. Empty if it has ended. */
  show(thread = this.thread): string {
    return waitingText(this.state(thread), this.#home(this.state(thread)));
  }

  /**
   * What the workflow returned, as its JSON has it.
   * @throws Error if the thread has not completed, with what it waits for
   */
  result<T = Result>(thread = this.thread): T {
    const record = this.#last(RESULT_TOPIC, thread);
    if (record === undefined || this.status(thread) !== "completed")
      throw new Error(`thread "${thread}" has not completed: ${this.#describe(thread)}`);
    return (record.value === null ? undefined : JSON.parse(record.value)) as T;
  }

  /** String(error) of what the workflow threw; undefined where it threw nothing. */
  error(thread = this.thread): string | undefined {
    const value = this.status(thread) === "completed" ? undefined : this.#last(ERROR_TOPIC, thread)?.value;
    return value == null ? undefined : (JSON.parse(value) as string);
  }

  #last(topic: string, thread: string): OutputRecord | undefined {
    return this.#outputs.findLast((output) => output.topic === topic && output.key === thread);
  }

  #describe(thread: string): string {
    const status = this.status(thread);
    if (status === undefined) return "there is no such thread";
    const failure = this.error(thread) ?? this.steps.findLast(({ error }) => error !== undefined)?.error?.message;
    if (status === "running") return `it ${this.show(thread)}`;
    return failure === undefined ? status : `${status}, ${failure}`;
  }

  #step({ key, value, headers }: Delivered): OutputRecord[] {
    const thread = key ?? "";
    const offset = String(this.#offset++);
    const { config, stepTimeoutMs } = this.#options;
    const record: InputRecord = { key, value, offset, partition: 0, timestamp: this.now };
    if (headers !== undefined) record.headers = headers;
    const bundles = (hash: string) => this.#bundles.get(hash);
    const options: StepOptions = { fresh: true, now: this.now, moveTo: this.#bundle, bundles };
    if (config !== undefined) options.config = JSON.stringify(config);
    if (stepTimeoutMs !== undefined) options.timeoutMs = stepTimeoutMs;
    const steps = receive(this.state(thread), this.#held.get(thread) ?? [], record);
    let next = steps.next();
    while (next.done !== true) {
      const { state, record: input, behind } = next.value;
      const seed = `${thread}:${input.offset}`;
      next = steps.next(step(this.#home(state), state, input, { ...options, behind, seed }));
    }
    const { result, held } = next.value;
    this.#held.set(thread, held);
    this.steps.push(result);
    if (result.state === null) this.#states.delete(thread);
    else this.#states.set(thread, result.state);
    if (result.status !== undefined) {
      this.#statuses.set(thread, result.status);
      this.#pending.set(thread, result.pending);
    }
    this.#outputs.push(...result.outputs);
    this.#console.push(...result.console);
    return result.outputs;
  }
}

/** Undefined is what an index into `pending()` gives where nothing waits. */
function refId(ref: RefLike): string {
  if (ref === undefined) throw new TypeError("there is no such ref: nothing waits, or not for this");
  return typeof ref === "string" ? ref : "ref" in ref ? ref.ref : ref.id;
}
