// Reads the text of a continuation as a graph, without running any code. The format is the runtime's (packages/workflow/src/codec):
//
//   {"$":tag, ...}                             an object; {"r":n} stands for the n-th of the shared ones in "x"
//   {"$":["T", main, refs]}                    the thread
//   {"$":["W", id, payload, flags, more]}      a ref; {"$":["P", payload, flags]} another promise
//   {"$":"F12","l":label,"p":result,"w":next waiter,"s":slots}   a frame of function 12
//   {"$":["R?", …, next waiter]}               a reaction: RE of a combinator's element, RT of then, RF, RO
//   {"$":["PL", first, last]}                  several waiters of one promise
//   {"$":["PM", promise, kind, …]}             a combinator
//   {"$":["S3", …]}                            captured variables, of scope 3

import { StateFormatError } from "./errors.js";

/** An object of the text, its tag taken apart. */
export interface GraphNode {
  $?: string;
  /** The number in the tag: function or scope. */
  i?: unknown;
  /** What follows the tag. */
  v?: unknown[];
  [field: string]: unknown;
}

const SETTLED = 3;
const UNLISTED = 2;

export class ContinuationGraph {
  readonly #shared: readonly unknown[];
  readonly #root: GraphNode;

  /** @throws StateFormatError */
  constructor(text: string) {
    let document: GraphNode;
    try {
      document = JSON.parse(text) as GraphNode;
    } catch (error) {
      throw new StateFormatError(`the continuation cannot be read: ${(error as Error).message}`);
    }
    this.#shared = Array.isArray(document.x) ? document.x : [];
    const root = this.node(document);
    const thread = root?.$ === "T" ? root : Object.values(document).find((value) => this.node(value)?.$ === "T");
    if (thread === undefined) throw new StateFormatError("the continuation has no thread in it");
    this.#root = this.node(thread) as GraphNode;
  }

  /** The object that a place of the text stands for; undefined for primitives. */
  node(value: unknown): GraphNode | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const { r } = value as { r?: unknown };
    if (typeof r === "number" && !("$" in value)) return this.node(this.#shared[r]);
    return takeApart(value);
  }

  /** What `await main()` waits for. */
  get main(): GraphNode | undefined {
    return this.node(this.#root.v?.[0]);
  }

  /** Refs that something outside may still answer, in the order in which they were made. */
  pendingRefs(): GraphNode[] {
    const list = this.node(this.#root.v?.[1]);
    const refs = Array.isArray(list) ? list : [];
    return refs
      .map((ref) => this.node(ref))
      .filter((ref): ref is GraphNode => ref !== undefined && this.#isPending(ref));
  }

  #isPending({ $, v }: GraphNode): boolean {
    const [, , flags = 0, more = 0] = (v ?? []).map((value) => (typeof value === "number" ? value : undefined));
    return $ === "W" && (flags & SETTLED) === 0 && (more & UNLISTED) === 0;
  }

  /** Frames and reactions that wait for a promise, first come first. */
  waiters(promise: GraphNode): GraphNode[] {
    const [payload, flags] = promise.$ === "W" ? [promise.v?.[1], promise.v?.[2]] : [promise.v?.[0], promise.v?.[1]];
    if (typeof flags === "number" && (flags & SETTLED) !== 0) return [];
    let next = this.node(payload);
    if (next?.$ === "PL") next = this.node(next.v?.[0]);
    const found: GraphNode[] = [];
    for (
      ;
      next !== undefined && isWaiter(next) && !found.includes(next);
      next = this.node(next.$ === "F" ? next.w : next.v?.at(-1))
    ) {
      found.push(next);
    }
    return found;
  }

  /** The promise that settles when a waiter has gone on to its end. */
  resultOf(waiter: GraphNode): GraphNode | undefined {
    if (waiter.$ !== "F") return this.#promiseIn(waiter);
    const result = this.node(waiter.p);
    if (result === undefined || result.$ === "P" || result.$ === "W") return result;
    // An async generator: the call of next() that it works on.
    return this.#promiseIn((result.v ?? []).map((value) => this.node(value)).find((node) => node?.$ === "AR"));
  }

  #promiseIn(holder: GraphNode | undefined): GraphNode | undefined {
    for (const value of holder?.v ?? []) {
      const node = this.node(value);
      if (node?.$ === "P" || node?.$ === "W") return node;
      if (node?.$ === "PM") return this.#promiseIn(node);
    }
    return undefined;
  }

  /** Combinator and element of a waiter that is one's. */
  elementOf(waiter: GraphNode): { kind: number; index: number } | undefined {
    if (waiter.$ !== "RE") return undefined;
    const kind = this.node(waiter.v?.[0])?.v?.[1];
    const index = waiter.v?.[1];
    return { kind: typeof kind === "number" ? kind : 0, index: typeof index === "number" ? index : 0 };
  }
}

const isWaiter = ({ $ }: GraphNode): boolean =>
  $ === "F" || (typeof $ === "string" && $.length === 2 && $.startsWith("R"));

/** In place, so that an object of the text stays one node. */
function takeApart(object: object): GraphNode {
  const node = object as { $?: unknown; [field: string]: unknown };
  if (Array.isArray(node.$)) {
    const [tag, ...fields] = node.$ as unknown[];
    node.$ = tag;
    node.v = fields.map(field);
  }
  const [, letter, number] = /^([FSfcm])(\d+)$/.exec(typeof node.$ === "string" ? node.$ : "") ?? [];
  if (letter !== undefined) {
    node.$ = letter;
    node.i = Number(number);
    if (letter === "F" && Array.isArray(node.s)) node.s = node.s.map(field);
  }
  return node as GraphNode;
}

/** Among fields and slots `null` stands for undefined. */
function field(json: unknown): unknown {
  if (json === null) return undefined;
  return typeof json === "object" && (json as GraphNode).$ === "null" ? null : json;
}
