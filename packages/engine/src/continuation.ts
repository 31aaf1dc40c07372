import { ContinuationGraph, type GraphNode } from "./continuation-graph.js";
import type { BundleMetadata, FunctionInfo } from "./metadata.js";
import { showValue } from "./shown-value.js";
import { bundleOf, type Pause, type ThreadState } from "./thread-state.js";

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
}

export interface PendingRef {
  id: string;
  /** Who waits for it: one stack for each, innermost call first. */
  stacks: StackEntry[][];
}

export type StackEntry =
  | {
      type: "frame";
      function: string;
      /** Where it is suspended; the function's own place where the await has none. */
      file?: string;
      line?: number;
      column?: number;
      /** The await's own text. */
      text?: string;
      locals: { name: string; value: string }[];
    }
  | { type: "combinator"; name: string; index: number }
  | { type: "reaction"; name: string };

const NOTHING_KNOWN: BundleMetadata = { version: 1, name: "", modules: [], functions: [], scopes: [] };
const COMBINATORS = ["Promise.all", "Promise.race", "Promise.any", "Promise.allSettled"];
const REACTIONS: Readonly<Record<string, string>> = { RT: "then", RF: "resolve", RO: "scope" };
const DEEPEST = 1_000;
const MOST_STACKS = 20;

/** @throws StateFormatError */
export function readContinuation(state: ThreadState, metadata: BundleMetadata = NOTHING_KNOWN): Continuation {
  const { run, since, paused, cancel, continuation } = state;
  return {
    status: paused === undefined ? "running" : "paused",
    run,
    since,
    bundle: bundleOf(state),
    ...(paused === undefined ? {} : { paused }),
    cancelling: cancel !== undefined,
    pending: continuation === "" ? [] : new StackReader(new ContinuationGraph(continuation), metadata).pending(),
  };
}

const idOf = (ref: GraphNode): string => String(ref.v?.[0]);

class StackReader {
  readonly #functions: Map<number, FunctionInfo>;

  constructor(
    readonly graph: ContinuationGraph,
    readonly metadata: BundleMetadata,
  ) {
    this.#functions = new Map(metadata.functions.map((info) => [info.id, info]));
  }

  pending(): PendingRef[] {
    return this.graph.pendingRefs().map((ref) => {
      const stacks: StackEntry[][] = [];
      this.#follow(ref, [], new Set(), stacks);
      return { id: idOf(ref), stacks };
    });
  }

  /** Walks from what is awaited to those who wait; where several wait for one promise, the stacks part. */
  #follow(promise: GraphNode, below: StackEntry[], seen: ReadonlySet<GraphNode>, stacks: StackEntry[][]): void {
    const waiters = below.length < DEEPEST && !seen.has(promise) ? this.graph.waiters(promise) : [];
    if (waiters.length === 0 && below.length > 0) stacks.push(below);
    for (const waiter of waiters) {
      if (stacks.length >= MOST_STACKS) return;
      const stack = [...below, this.#entry(waiter)];
      const next = this.graph.resultOf(waiter);
      if (next === undefined) stacks.push(stack);
      else this.#follow(next, stack, new Set([...seen, promise]), stacks);
    }
  }

  #entry(waiter: GraphNode): StackEntry {
    if (waiter.$ === "F") return this.#frame(waiter);
    const element = this.graph.elementOf(waiter);
    if (element !== undefined)
      return { type: "combinator", name: COMBINATORS[element.kind] ?? "Promise.all", index: element.index };
    return { type: "reaction", name: REACTIONS[waiter.$ ?? ""] ?? "then" };
  }

  #frame({ i, l, s }: GraphNode): StackEntry {
    const info = this.#functions.get(Number(i));
    if (info === undefined) return { type: "frame", function: `#${i}`, locals: [] };
    const [, line = info.line, column = info.column, text = ""] =
      info.awaits?.find(([label]) => label === (l ?? 0)) ?? [];
    const file = this.metadata.modules[info.module];
    const values = Array.isArray(s) ? s : [];
    const locals: { name: string; value: string }[] = [];
    info.slots?.forEach(([, name], index) => {
      const scope = this.#scopeVariables(values[index]);
      if (scope !== undefined) locals.push(...scope);
      else if (name !== "") locals.push({ name, value: this.#show(values[index]) });
    });
    return {
      type: "frame",
      function: info.name,
      ...(file === undefined ? {} : { file, line: line || info.line, column: column || info.column }),
      ...(text === "" ? {} : { text }),
      locals,
    };
  }

  /** What inner functions capture lives in an object beside the frame. */
  #scopeVariables(value: unknown): { name: string; value: string }[] | undefined {
    const node = this.graph.node(value);
    if (node?.$ !== "S") return undefined;
    const [, names = []] = this.metadata.scopes.find(([id]) => id === node.i) ?? [];
    return names.map((name, index) => ({ name, value: this.#show(node.v?.[index]) }));
  }

  #show(value: unknown): string {
    return showValue(this.graph, this.metadata, value);
  }
}
