// Writing: the library's work list, filled by the kinds. Each entry of the list knows the one it was found from, so
// that a value which cannot be written is reported with the way to it.
// Neighbours: codec.ts runs the list through the library; ephemerons.ts adds what only weak collections hold.
//
// I1. A value used once is nested where it is used; one used again, or nested deeper than DEEPEST, becomes a shared
//     entry of the text. So neither writing nor reading overflows, however long a chain is.
// I2. Roots of the image are written by path.
// I3. Of a dependency's prototype that the graph leads to, the properties that were added since load are written: its
//     module state is shared, but objects of the thread need their methods wherever they go on.
import { getOwnPropertyDescriptor, getPrototypeOf, SafeMap, SafeSet, symbolKeyFor } from "../pristine.js";
import { isProxy } from "../proxy.js";
import { T } from "../scope.js";
import { noteOf } from "../stamp.js";
import { forgetPrototypes, kindOf, Unserializable } from "./classify.js";
import { type EphemeronHost, Ephemerons } from "./ephemerons.js";
import { prototypeKind } from "./functions.js";
import type { Image, Root } from "./image.js";
import { HERITAGE, type Json, type Label, PROTOTYPE } from "./kind.js";
import { ObjectDelta } from "./object-delta.js";
import { type PathStep, pathTo } from "./path.js";
import { SerializationError } from "./serialization-error.js";
import { DEAD_ZONE, INFINITE, NAN, NEGATIVE_INFINITE, NEGATIVE_ZERO, UNDEFINED } from "./values.js";

const DEEPEST = 64;

/** An entry of the library's work list (its `SharedRefInfo`), and a step of the path to its value. */
class Entry implements PathStep {
  ref: Json | null;
  data: unknown = null;
  started = false;
  readonly depth: number;
  /** The library asks an entry's descriptor to write the value: the entry does it itself. */
  readonly descriptor: this;

  constructor(
    private readonly writer: Writer,
    readonly value: unknown,
    readonly parent: object | null,
    readonly index: string | number,
    readonly nextJob: Entry | EphemeronJob | undefined,
    readonly from: Entry | undefined,
    readonly label: Label,
  ) {
    const depth = from === undefined ? 0 : from.depth + 1;
    this.depth = depth > DEEPEST ? 0 : depth;
    this.ref = depth > DEEPEST ? {} : null;
    this.descriptor = this;
  }

  write(): unknown {
    return this.writer.write(this);
  }
}

// Not an Entry with a `write` of its own: functions put on instances kept every Writer alive until the next full collection.
class EphemeronJob {
  readonly ref = null;
  data: unknown = null;
  started = false;
  readonly value = undefined;
  readonly parent = null;
  readonly index = 0;
  readonly descriptor: this;

  constructor(
    private readonly writer: Writer,
    readonly nextJob: Entry | EphemeronJob | undefined,
  ) {
    this.descriptor = this;
  }

  write(): null {
    return this.writer.writeEphemerons();
  }
}

/** What of the library's context matters here. */
export interface WorkList {
  jobs: unknown;
}

export class Writer implements EphemeronHost {
  readonly entries = new SafeMap<unknown, Entry>();
  private readonly prototypes = new SafeMap<object, object>();
  private readonly ephemerons = new Ephemerons(this);
  /** JSON of what was added to prototypes of dependencies. */
  readonly additions: unknown[] = [];
  private readonly asked = new SafeSet<object>();
  private current: Entry | undefined;
  private work!: { jobs: Entry | EphemeronJob | undefined };

  constructor(
    private readonly image: Image,
    private readonly root: Readonly<Record<string, unknown>>,
  ) {}

  /** Called by the library for the root. */
  begin(work: WorkList, holder: object): unknown {
    this.work = work as { jobs: Entry | EphemeronJob | undefined };
    forgetPrototypes();
    this.addEphemerons();
    return this.put(this.root, holder, 0, "");
  }

  /** Entries of the program's own weak collections. */
  get rootEntries(): unknown[] {
    return this.ephemerons.rootEntries;
  }

  private addEphemerons(): void {
    this.work.jobs = new EphemeronJob(this, this.work.jobs);
  }

  /** Work below everything on the list: it is repeated after what it adds, until it adds nothing. */
  writeEphemerons(): null {
    const { jobs } = this.work;
    this.addEphemerons();
    if (!this.ephemerons.write()) this.work.jobs = jobs;
    return null;
  }

  put(value: unknown, holder: object, index: string | number, label: Label): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (value === 0) return 1 / value < 0 ? NEGATIVE_ZERO : 0;
        if (value - value === 0) return value;
        return value > 0 ? INFINITE : value < 0 ? NEGATIVE_INFINITE : NAN;
      case "undefined":
        return UNDEFINED;
      case "bigint":
        return { $: "Int", int: String(value) };
      case "object":
        if (value === null) return null;
        if (value === T) return DEAD_ZONE;
    }
    if (label === PROTOTYPE) this.writeAdditions(value as object);
    else if (label === HERITAGE && typeof value === "function") {
      this.writeAdditions(getOwnPropertyDescriptor(value, "prototype")?.value);
    }
    const known = this.entries.get(value);
    if (known !== undefined) {
      known.ref ??= {};
      return known.ref;
    }
    const entry = new Entry(this, value, holder, index, this.work.jobs, this.current, label);
    this.entries.set(value, entry);
    this.work.jobs = entry;
    return entry.ref;
  }

  write(entry: Entry): unknown {
    this.current = entry;
    const { value } = entry;
    if (value === this.root) return this.writeRoot();
    const path = this.image.pathOf(value as Root);
    if (path !== undefined) return { $: "#", p: path };
    if (typeof value === "symbol") return writeSymbol(value);
    const object = value as object;
    const weak = noteOf(object)?.weak;
    if (weak !== undefined) this.ephemerons.key(object, weak);
    const kind = this.prototypes.has(object) ? prototypeKind : kindOf(object);
    if (kind instanceof Unserializable) throw new SerializationError(this.wayTo(entry), kind.what);
    try {
      return kind.write(this, object);
    } catch (error) {
      if (error instanceof SerializationError) throw error;
      throw new SerializationError(this.wayTo(entry), `object that cannot be read (${String(error)})`);
    }
  }

  private wayTo(entry: Entry): string {
    return pathTo(entry, (root) => this.image.pathOf(root));
  }

  // I3
  private writeAdditions(prototype: object | null | undefined): void {
    for (let at = prototype; at != null && !isProxy(at); at = getPrototypeOf(at)) {
      if (this.asked.has(at)) return;
      this.asked.add(at);
      const added = this.image.addedKeys(at);
      if (added === undefined) continue;
      const addition = ObjectDelta.adding(at, added);
      this.additions[this.additions.length] = this.put(addition, this.additions, this.additions.length, "a");
    }
  }

  private writeRoot(): Json {
    const json: Json = { $: "K" };
    for (const key of Object.keys(this.root)) {
      if (this.root[key] !== undefined) json[key] = this.put(this.root[key], json, key, key);
    }
    return json;
  }

  knows(value: unknown): boolean {
    return this.entries.has(value);
  }

  prototypeOf(prototype: object, fn: object): void {
    this.prototypes.set(prototype, fn);
  }

  ownerOf(prototype: object): object | undefined {
    return this.prototypes.get(prototype);
  }

  weak(collection: object): void {
    this.ephemerons.collection(collection);
  }

  dataOf(object: object): Json | undefined {
    const data = this.image.has(object) ? undefined : this.entries.get(object)?.data;
    return data === null ? undefined : (data as Json | undefined);
  }

  isRoot(value: Root): boolean {
    return this.image.has(value);
  }

  within(holder: object): void {
    this.current = this.entries.get(holder);
  }
}

function writeSymbol(symbol: symbol): Json {
  const key = symbolKeyFor(symbol);
  if (key !== undefined) return { $: "Symbol", key };
  return symbol.description === undefined ? { $: "Symbol" } : { $: "Symbol", name: symbol.description };
}
