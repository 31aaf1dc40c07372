// What would become of threads, before a new bundle is there: of every place where one of the old bundle can be suspended whether a thread
// that waits there moves, can be carried over, or stays. Of a thread the new bundle is asked as well, as `kwf move` does.

import type { Bundle } from "../bundle.js";
import type { AwaitStructure, FunctionStructure } from "../structure.js";
import type { ThreadState } from "../thread-state.js";
import { carry } from "./carry.js";
import type { Comparison } from "./comparison.js";
import { Document } from "./document.js";
import { codes, moveByNames, moveUnchanged } from "./move.js";
import type { NameMap } from "./name-map.js";

/** By itself; by names, with `kwf move`; not at all, without a map of names. */
export type Outcome = "moves" | "names" | "refused";

export interface SuspendedPoint {
  /** `src/index.ts:main/retry` */
  readonly function: string;
  readonly line: number | undefined;
  /** The await's own text. */
  readonly text: string;
  readonly outcome: Outcome;
  /** Why it does not move by itself; of what is refused, why not. */
  readonly why?: string;
  /** Where it stands in the new bundle. */
  readonly newLine?: number;
}

export interface ThreadPoints {
  /** Indexes of the points at which it is suspended, each once. */
  readonly points: readonly number[];
  readonly outcome: Outcome;
  readonly why?: string;
}

const MESSAGE = (error: unknown): string => (error as Error).message;

export class BundleDiff {
  readonly points: SuspendedPoint[] = [];
  readonly #from: Bundle;
  readonly #to: Bundle;
  readonly #map: NameMap;
  /** Without the map: what moves by itself has none. */
  readonly #plain: Comparison;
  readonly #index = new Map<string, number>();

  /** @throws BundleFormatError: one of them says nothing of its structure. */
  constructor(from: Bundle, to: Bundle, map: NameMap = {}) {
    this.#from = from;
    this.#to = to;
    this.#map = map;
    const comparison = codes(from, to, map);
    this.#plain = codes(from, to, {});
    const seen = new Map<string, number>();
    for (const one of comparison.from.structure.functions) {
      for (const place of one.frame?.awaits ?? []) {
        // Several labels may stand for one place of the source.
        const key = `${one.id} ${place[4]} ${place[2]}`;
        const index = seen.get(key) ?? this.points.push(this.#point(comparison, one, place)) - 1;
        seen.set(key, index);
        this.#index.set(`${one.id} ${place[0]}`, index);
      }
    }
  }

  /** Of a thread that is on the old bundle. Throws StateFormatError. */
  thread(state: ThreadState): ThreadPoints {
    const { continuation } = state;
    const points = new Set<number>();
    for (const { tag, id, json } of new Document(continuation).nodes) {
      const index = tag === "F" ? this.#index.get(`${id} ${json.l ?? 0}`) : undefined;
      if (index !== undefined) points.add(index);
    }
    const found = { points: [...points].sort((a, b) => a - b) };
    const unchanged = moveUnchanged(continuation, this.#from, this.#to);
    if ("to" in unchanged) return { ...found, outcome: "moves" };
    try {
      const record = { key: "", value: null, offset: "0", partition: 0, timestamp: 0 };
      carry(state, this.#from, this.#to, this.#map, record, { timeoutMs: 10_000 });
      return { ...found, outcome: "names", why: unchanged.why };
    } catch (error) {
      return { ...found, outcome: "refused", why: MESSAGE(error) };
    }
  }

  #point(comparison: Comparison, one: FunctionStructure, place: AwaitStructure): SuspendedPoint {
    const { from, to } = comparison;
    const line = from.lineOf(one.id, place[0]);
    const known = { function: from.nameOf(one), line, text: place[2] };
    const there = comparison.await(one.id, place[0]);
    const target = comparison.function(one.id);
    const newLine = "to" in there && "to" in target ? to.lineOf(target.to.id, there.to[0]) : undefined;
    const where = newLine === undefined ? {} : { newLine };
    const why = this.#plain.differs(one.id);
    if (why === undefined) return { ...known, outcome: "moves", ...where };
    try {
      moveByNames(sample(comparison, one, place), this.#from, this.#to, this.#map);
      return { ...known, outcome: "names", why, ...where };
    } catch (error) {
      return { ...known, outcome: "refused", why: MESSAGE(error), ...where };
    }
  }
}

/** A continuation of one frame that waits there, with nothing in its variables. */
function sample({ from }: Comparison, one: FunctionStructure, [label]: AwaitStructure): string {
  const owner = from.nameOf(one);
  const slots = one.frame!.slots.map((slot) => {
    if (typeof slot !== "number") return null;
    // What it has captured of others is taken to be there.
    return from.nameOf(from.scopes.get(slot)!) === owner ? { $: `S${slot}` } : { $: "#", p: "captured" };
  });
  return JSON.stringify({ v: 2, b: "", $: "K", t: { $: `F${one.id}`, l: label, s: slots } });
}
