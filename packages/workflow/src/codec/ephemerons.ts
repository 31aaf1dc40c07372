// Which entries of weak collections are alive: those whose collection and key both are. Known only when everything
// else is written, and a value that is written so may bring further keys and collections to life: repeat.
//
// A program's own collections (roots) are not written; their entries under keys of the thread go into a list of the
// state's own (`w`: collection, key, value, ...).
import { SafeMap, SafeSet } from "../pristine.js";
import { ABSENT, loggedEntries, symbolKeysOf, weakGet } from "../weak.js";
import type { Json, Output } from "./kind.js";

export interface EphemeronHost extends Output {
  /** What an object was written as; undefined: it is not alive, or a root. */
  dataOf(object: object): Json | undefined;
  isRoot(value: object | symbol): boolean;
  /** Values put from here on were found through this one. */
  within(holder: object): void;
}

export class Ephemerons {
  readonly rootEntries: unknown[] = [];
  private readonly collections: object[] = [];
  private readonly alive = new SafeSet<object>();
  /** Keys that are alive, by collections that are not, so far. */
  private readonly waiting = new SafeMap<object, WeakKey[]>();
  /** Collection, key, ...: both are alive. A chain of entries is as long as there are entries, so each is looked at once. */
  private ready: WeakKey[] = [];
  private askedRoots = false;
  private readonly symbols = new SafeMap<symbol, SafeSet<object>>();

  constructor(private readonly host: EphemeronHost) {}

  /** A key is alive. */
  key(key: WeakKey, collections: readonly object[]): void {
    for (let i = 0; i < collections.length; i++) {
      const collection = collections[i] as object;
      if (this.alive.has(collection) || this.host.isRoot(collection)) this.pair(collection, key);
      else {
        const keys = this.waiting.get(collection);
        if (keys === undefined) this.waiting.set(collection, [key]);
        else keys[keys.length] = key;
      }
    }
  }

  /** A collection is alive. */
  collection(collection: object): void {
    this.collections[this.collections.length] = collection;
    this.alive.add(collection);
    const keys = this.waiting.get(collection);
    if (keys === undefined) return;
    this.waiting.delete(collection);
    for (let i = 0; i < keys.length; i++) this.pair(collection, keys[i] as WeakKey);
  }

  private pair(collection: object, key: WeakKey): void {
    this.ready[this.ready.length] = collection;
    this.ready[this.ready.length] = key;
  }

  /** Writes the entries that are known to be alive by now; false: none was left. */
  write(): boolean {
    this.askRoots();
    this.askSymbols();
    const { ready } = this;
    this.ready = [];
    let found = false;
    for (let i = 0; i < ready.length; i += 2) {
      const collection = ready[i] as object;
      const key = ready[i + 1] as WeakKey;
      const value = weakGet(collection, key);
      if (value === ABSENT) continue;
      found = true;
      const data = this.host.dataOf(collection);
      this.host.within(collection);
      if (data !== undefined) this.writeEntry(data, key, value);
      else if (typeof key === "symbol" || !this.host.isRoot(key)) this.writeRootEntry(collection, key, value);
    }
    return found;
  }

  private writeEntry(data: Json, key: WeakKey, value: unknown): void {
    const k = data.k as unknown[];
    k[k.length] = this.host.put(key, k, k.length, "[key]");
    const v = data.v as unknown[] | undefined;
    if (v !== undefined) v[v.length] = this.host.put(value, v, v.length, "[value]");
  }

  private writeRootEntry(collection: object, key: WeakKey, value: unknown): void {
    const list = this.rootEntries;
    for (const part of [collection, key, value]) {
      list[list.length] = this.host.put(part, list, list.length, "[value]");
    }
  }

  // A root is always alive, and is never written: the log knows which were used as keys of the thread's collections.
  private askRoots(): void {
    if (this.askedRoots) return;
    this.askedRoots = true;
    const entries = loggedEntries();
    for (let i = 0; i < entries.length; i++) {
      const { key, collection } = entries[i] as (typeof entries)[number];
      if (!this.host.isRoot(collection)) this.key(key, [collection]);
    }
  }

  private askSymbols(): void {
    for (let i = 0; i < this.collections.length; i++) {
      const collection = this.collections[i] as object;
      symbolKeysOf(collection)?.forEach((symbol) => {
        if (this.symbols.get(symbol)?.has(collection)) return;
        if (!this.host.isRoot(symbol) && !this.host.knows(symbol)) return;
        const asked = this.symbols.get(symbol) ?? new SafeSet<object>();
        asked.add(collection);
        this.symbols.set(symbol, asked);
        this.key(symbol, [collection]);
      });
    }
  }
}
