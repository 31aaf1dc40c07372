// Owns what a bundle offers to the engine: its manifest, the end of loading, steps and routes from text to text.
// Neighbours: step.ts runs a step; route.ts asks what a record of an input topic means; realm-state.ts turns threads into text and back.
//
// I1. Only primitives cross: the engine lives in another realm.
import type { InputRecord } from "./manifest.js";
import { declareTopics } from "./output.js";
import { clearRejections } from "./promise-state.js";
import type { Realm } from "./realm/install.js";
import type { RealmState } from "./realm-state.js";
import { inputTopicsOf, route } from "./route.js";
import { begin, type Event, run, runToRest } from "./step.js";
import { currentThread, type Meta, type Thread } from "./thread.js";

export interface Program {
  main: unknown;
  manifest?: unknown;
}

export interface Abi {
  readonly manifest: string;
  /** The program has been evaluated: called once, before the first step. */
  load(): void;
  /**
   * State null: none yet, or nothing left. The result is JSON of an Outcome with `console`, `micros` and, where the realm
   * must not be used for another thread, `spoilt`. Throws what cannot be a step (an error with `code`).
   */
  step(state: string | null, event: string, meta: string): { state: string | null; result: string };
  /** What a record of an input topic means: JSON of a Route with `console` and, as above, `spoilt`. No thread is touched. */
  route(topic: string, record: string, meta: string): string;
}

const { parse, stringify } = JSON;
const { round } = Math;
/** All its digits would cost more to print and parse than they say. */
const tenths = (micros: number): number => round(micros * 10) / 10;

/** What the engine lends to the ABI. */
export interface AbiHost {
  /** Microseconds of some clock. */
  now?(): number;
  /** Takes what was logged while the bundle was loaded. */
  log?(level: string, text: string): void;
}

/** Kit: the end of a bundle. */
export function makeAbi(program: Program, realm: Realm, state: RealmState, host: AbiHost): Abi {
  const { main, manifest } = workflowOf(program);
  const clock = (): number => host.now?.() ?? 0;
  if (typeof main !== "function") {
    throw new TypeError("the entry module exports no workflow: export a function as `default` or as `main`");
  }
  const topics = (manifest as { outputTopics?: unknown } | undefined)?.outputTopics ?? [];
  const outputTopics = declareTopics(parse(stringify(topics)) as string[]);
  const inputs = inputTopicsOf(manifest);
  return {
    manifest: manifestText(manifest, outputTopics, inputs.names),
    load(): void {
      // What module code has put into the queue belongs to the program as loaded.
      runToRest();
      clearRejections();
      const lines = realm.takeConsole();
      for (let i = 0; i < lines.length; i++) host.log?.(lines[i]!.level, lines[i]!.text);
      state.freeze();
    },
    step(text, eventText, metaText) {
      const started = clock();
      const meta = parse(metaText) as Meta;
      const thread = text === null ? undefined : (state.read(text) as Thread);
      begin(meta, thread);
      realm.begin(meta.now, String(meta.seed));
      const loaded = clock();
      const outcome = run(parse(eventText) as Event, main as (input: unknown) => unknown, meta);
      const console = realm.takeConsole();
      const ran = clock();
      let next: string | null = null;
      if (outcome.status === "running") next = state.write(currentThread(), "running");
      else state.undo();
      const saved = clock();
      const micros = { load: tenths(loaded - started), run: tenths(ran - loaded), save: tenths(saved - ran) };
      const spoilt = state.clean ? {} : { spoilt: true };
      return { state: next, result: stringify({ ...outcome, console, micros, ...spoilt }) };
    },
    route(topic, recordText, metaText) {
      const meta = parse(metaText) as Meta;
      begin(meta, undefined);
      realm.begin(meta.now, String(meta.seed));
      const answer = route(inputs, topic, parse(recordText) as InputRecord);
      // What it has set going belongs to nobody.
      runToRest();
      clearRejections();
      const console = realm.takeConsole();
      state.undo();
      const spoilt = state.clean ? {} : { spoilt: true };
      return stringify({ ...answer, console, ...spoilt });
    },
  };
}

/** Of an entry in CommonJS what arrives as `main` is `module.exports`: the function, or an object with `default` or `main`. */
function workflowOf({ main, manifest }: Program): Program {
  if ((typeof main !== "object" && typeof main !== "function") || main === null) return { main, manifest };
  const module = main as { default?: unknown; main?: unknown; manifest?: unknown };
  return {
    main: typeof main === "function" ? main : (module.default ?? module.main),
    manifest: manifest ?? module.manifest,
  };
}

/** With the topics that module code has declared. Of the functions that it holds only their topics cross (I1). */
function manifestText(manifest: unknown, outputTopics: readonly string[], inputTopics: readonly string[]): string {
  const own = typeof manifest === "object" && manifest !== null ? manifest : undefined;
  if (own === undefined && outputTopics.length === 0) return (stringify(manifest ?? {}) as string | undefined) ?? "{}";
  const outputs = outputTopics.length === 0 ? {} : { outputTopics };
  return stringify({ ...own, ...outputs, ...(inputTopics.length === 0 ? {} : { inputTopics }) });
}
