import type { Bundle } from "./bundle.js";
import { ContinuationGraph, type GraphNode } from "./continuation-graph.js";
import type { BundleMetadata } from "./metadata.js";
import { MetadataIndex } from "./metadata-index.js";
import { showValue } from "./shown-value.js";
import { bundleOf, type Pause, type ThreadState } from "./thread-state.js";
import { ValueData } from "./value-data.js";

/** What a suspended thread looks like, read from its bytes and its bundle's metadata. No code of the bundle runs. */
export interface Continuation {
  status: "running" | "paused";
  run: string;
  /** Epoch milliseconds. */
  since: number;
  bundle: string | undefined;
  paused?: Pause;
  /** An operator's cancel waits for the end of the pause. */
  cancelling: boolean;
  pending: PendingRef[];
  /** Every call that waits, once, with all that its variables hold; the stacks refer to it. */
  frames: FrameData[];
}

export interface PendingRef {
  id: string;
  /** Who waits for it: one stack for each, innermost call first. Calls come before callbacks that nobody awaits. */
  stacks: StackEntry[][];
  /** More wait for it than are listed. */
  more?: true;
}

export interface Place {
  function: string;
  /** Where it is suspended; the function's own place where the await has none. */
  file?: string;
  line?: number;
  column?: number;
  /** The await's own text. */
  text?: string;
  /** That line, where the bundle can be had. */
  source?: string;
}

export type StackEntry =
  | ({
      type: "frame";
      /** Index into `frames`: the same call has the same one in every stack. */
      frame: number;
      /** Values as outlines, cut to a line. */
      locals: { name: string; value: string }[];
    } & Place)
  | { type: "combinator"; name: string; index: number }
  /** `then` and its like; the place of the callback, where it is the program's. */
  | ({ type: "reaction"; name: string } & Partial<Place>);

export interface FrameData extends Place {
  /** Values as JSON: value-data.ts. */
  locals: { name: string; value: unknown }[];
}

const NOTHING_KNOWN: BundleMetadata = { version: 1, name: "", modules: [], functions: [], scopes: [] };
const COMBINATORS = ["Promise.all", "Promise.race", "Promise.any", "Promise.allSettled"];
const REACTIONS: Readonly<Record<string, string>> = { RT: "then", RF: "resolve", RO: "scope" };
const DEEPEST = 1_000;
const MOST_STACKS = 20;

/** @throws StateFormatError */
export function readContinuation(
  state: ThreadState,
  bundle: Pick<Bundle, "metadata"> & Partial<Pick<Bundle, "positions">> = { metadata: NOTHING_KNOWN },
): Continuation {
  const { run, since, paused, cancel, continuation } = state;
  const reader = continuation === "" ? undefined : new StackReader(new ContinuationGraph(continuation), bundle);
  return {
    status: paused === undefined ? "running" : "paused",
    run,
    since,
    bundle: bundleOf(state),
    ...(paused === undefined ? {} : { paused }),
    cancelling: cancel !== undefined,
    pending: reader?.pending() ?? [],
    frames: reader?.frames() ?? [],
  };
}

const idOf = (ref: GraphNode): string => String(ref.v?.[0]);

type FrameEntry = Extract<StackEntry, { type: "frame" }>;
type Variable = { name: string; value: unknown };

class StackReader {
  readonly #names: MetadataIndex;
  readonly #modules: readonly string[];
  readonly #frames = new Map<GraphNode, FrameEntry>();

  constructor(
    readonly graph: ContinuationGraph,
    readonly bundle: Pick<Bundle, "metadata"> & Partial<Pick<Bundle, "positions">>,
  ) {
    this.#names = new MetadataIndex(bundle.metadata);
    this.#modules = bundle.metadata.modules;
  }

  pending(): PendingRef[] {
    return this.graph.pendingRefs().map((ref) => {
      const stacks: StackEntry[][] = [];
      this.#follow(ref, [], new Set(), stacks);
      const more = stacks.length > MOST_STACKS ? ({ more: true } as const) : {};
      stacks.splice(MOST_STACKS);
      const calls = stacks.filter((stack) => stack.some(({ type }) => type === "frame"));
      return { id: idOf(ref), stacks: [...calls, ...stacks.filter((stack) => !calls.includes(stack))], ...more };
    });
  }

  /** Of those that `pending` has met. */
  frames(): FrameData[] {
    const data = new ValueData(this.graph, this.#names);
    return [...this.#frames].map(([node, { type: _, frame, locals: __, ...place }]) => ({
      ...place,
      locals: this.#variables(node).map(({ name, value }) => ({
        name,
        value: data.of(value, `frames[${frame}].${name}`),
      })),
    }));
  }

  /** Walks from what is awaited to those who wait; where several wait for one promise, the stacks part. */
  #follow(promise: GraphNode, below: StackEntry[], seen: ReadonlySet<GraphNode>, stacks: StackEntry[][]): void {
    const waiters = below.length < DEEPEST && !seen.has(promise) ? this.graph.waiters(promise) : [];
    if (waiters.length === 0 && below.length > 0) stacks.push(below);
    for (const waiter of waiters) {
      if (stacks.length > MOST_STACKS) return;
      const stack = [...below, this.#entry(waiter)];
      const next = this.graph.resultOf(waiter);
      if (next === undefined) stacks.push(stack);
      else this.#follow(next, stack, new Set([...seen, promise]), stacks);
    }
  }

  #entry(waiter: GraphNode): StackEntry {
    if (waiter.$ === "F") {
      let entry = this.#frames.get(waiter);
      if (entry === undefined) {
        entry = this.#frame(waiter);
        this.#frames.set(waiter, entry);
      }
      return entry;
    }
    const element = this.graph.elementOf(waiter);
    if (element !== undefined)
      return { type: "combinator", name: COMBINATORS[element.kind] ?? "Promise.all", index: element.index };
    return this.#reaction(waiter);
  }

  #reaction(waiter: GraphNode): StackEntry {
    let name = REACTIONS[waiter.$ ?? ""] ?? "then";
    if (name !== "then") return { type: "reaction", name };
    let handler = this.graph.node(waiter.v?.[0]);
    if (handler === undefined) {
      name = "catch";
      handler = this.graph.node(waiter.v?.[1]);
    } else if (handler.$ === "k" && String(handler.b).endsWith("Finally")) {
      name = "finally";
      handler = (Array.isArray(handler.s) ? handler.s : [])
        .map((part) => this.graph.node(part))
        .find((n) => n?.$ === "f");
    }
    return { type: "reaction", name, ...(handler?.$ === "f" ? this.#callback(handler.i) : {}) };
  }

  #callback(id: unknown): Partial<Place> {
    if (this.#names.function(id) !== undefined) return this.#place(id);
    const name = this.#names.nameOf(id);
    const file = this.#modules[this.#names.moduleOf(id) ?? -1];
    return name === undefined ? {} : { function: name, ...(file === undefined ? {} : { file }) };
  }

  #frame(node: GraphNode): FrameEntry {
    return {
      type: "frame",
      frame: this.#frames.size,
      ...this.#place(node.i, node.l ?? 0),
      locals: this.#variables(node).map(({ name, value }) => ({ name, value: this.#show(value) })),
    };
  }

  #place(id: unknown, label?: unknown): Place {
    const info = this.#names.function(id);
    if (info === undefined) return { function: `#${id}` };
    const [, line = info.line, column = info.column, text = ""] =
      (label === undefined ? undefined : info.awaits?.find(([known]) => known === label)) ?? [];
    const file = this.#modules[info.module];
    if (file === undefined) return { function: info.name, ...(text === "" ? {} : { text }) };
    const at = { line: line || info.line, column: column || info.column };
    const source = this.bundle.positions?.lineText(file, at.line)?.trim();
    return {
      function: info.name,
      file,
      ...at,
      ...(text === "" ? {} : { text }),
      ...(source === undefined || source === "" ? {} : { source }),
    };
  }

  /** Those that the code can see at that place. */
  #variables({ i, l, s }: GraphNode): Variable[] {
    const values = Array.isArray(s) ? s : [];
    const sight = this.#names.sightOf(i, l ?? 0);
    return (this.#names.function(i)?.slots ?? []).flatMap(([slot, name], index): Variable[] => {
      const scope = this.graph.node(values[index]);
      if (scope?.$ === "S")
        return this.#names.variables(scope.i).flatMap((inner, at) => {
          // A private name is no variable.
          const isSeen = !inner.startsWith("#") && sight.captured(scope.i, at);
          return isSeen ? [{ name: inner, value: scope.v?.[at] }] : [];
        });
      if (name === "" && slot === "this") return [{ name: "this", value: values[index] }];
      return name === "" || !sight.slot(index) ? [] : [{ name, value: values[index] }];
    });
  }

  #show(value: unknown): string {
    return showValue(this.graph, this.#names, value);
  }
}
