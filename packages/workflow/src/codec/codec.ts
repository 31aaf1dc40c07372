// Owns the state text and the library behind it (@effectful/serialization): the library drives writing and reading and
// numbers shared values; what each kind of value looks like is the kinds' business (kind.ts). docs/state-format.md
// describes the text.
// Neighbours: writer.ts fills the library's work list; image.ts names what is never written.
//
// I1. `encode` uses the graph up (iterators in flight are run to their end): the thread goes on from the text.
// I2. Built-ins must be as the program's load left them: module-state.ts undoes first.
// I3. Reading makes every shared value before it fills any, so order and cycles do not matter.
import * as library from "@effectful/serialization";
import { apply, deleteProperty, SafeMap, symbolFor } from "../pristine.js";
import { T } from "../scope.js";
import { weakPut } from "../weak.js";
import type { Image } from "./image.js";
import { type Input, type Json, type Kind, kinds } from "./kind.js";
import type { ObjectDelta } from "./object-delta.js";
import { StateError } from "./serialization-error.js";
import { DEAD_ZONE, INFINITE, NAN, NEGATIVE_INFINITE, NEGATIVE_ZERO, NULL, UNDEFINED } from "./values.js";
import { type WorkList, Writer } from "./writer.js";

/** How the library finds what reads an object of the text: by its tag, without the number that a tag may end in. */
class Descriptors extends SafeMap<string, never> {
  override get(tag: unknown): never | undefined {
    const name = (typeof tag === "object" ? (tag as unknown[])[0] : tag) as string;
    const letter = name[0] as string;
    const digit = name[1];
    return super.get(letter !== "-" && digit !== undefined && digit >= "0" && digit <= "9" ? letter : name);
  }
}

// The library keeps its registry in a global; workflow code must not find it.
deleteProperty(globalThis, "__effectfulSerializationState");
library.resetState({ byName: new Descriptors() as Map<string, never> });

const { stringify, parse } = JSON;

type Root = Readonly<Record<string, unknown>>;

let writer: Writer | undefined;
let reader: Reader | undefined;

// The library asks for the descriptor of the root only: the writer's entries are their own.
library.regValueDescriptorGetter(
  () => ({ write: (work: WorkList, _root: object, holder: object) => writer!.begin(work, holder) }) as never,
);

/** The state text of everything that `root` leads to. Fields of `root` become fields of the text. */
export function encode(root: Root, image: Image): string {
  const mine = new Writer(image, root);
  writer = mine;
  try {
    const written = library.write(root, { sharedRefsMap: mine.entries as never }) as Json;
    const { $, x, ...fields } = written;
    const weak = mine.rootEntries.length > 0 ? { w: mine.rootEntries } : {};
    const added = mine.additions.length > 0 ? { a: mine.additions } : {};
    return stringify({ ...fields, ...weak, ...added, $, ...(x === undefined ? {} : { x }) });
  } finally {
    writer = undefined;
  }
}

const { exec } = RegExp.prototype;
/** The library's words for a kind that this Node has not: `Temporal.Duration`, `Float16Array`. */
const UNKNOWN_TAG = /^not registered type:(\w+(?:\.\w+)?)$/;

/**
 * The graph of a state text, made anew; roots are those of `image`. `prepare` sees the text's fields before they are read, `change`
 * makes the program what it was for the thread.
 */
export function decode(
  text: string,
  image: Image,
  prepare?: (fields: Json) => void,
  change?: (root: Readonly<Record<string, unknown>>) => void,
): Record<string, unknown> {
  registerKinds();
  const mine = new Reader(image, change);
  reader = mine;
  try {
    const fields = parse(text) as Json;
    prepare?.(fields);
    return library.read(fields as never, {}) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof StateError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    const [, tag] = (apply(exec, UNKNOWN_TAG, [detail]) as string[] | null) ?? [];
    if (tag !== undefined)
      throw new StateError("KWF_ROOT_MISSING", `the saved state holds an object of ${tag}, which does not exist here`);
    throw new StateError("KWF_STATE_UNREADABLE", `the saved state cannot be read: ${detail}`);
  } finally {
    reader = undefined;
  }
}

type Descriptor = ReturnType<typeof library.getJsonDescriptor>;

class Reader implements Input {
  context!: library.ReadContext;
  private readonly pending: { descriptor: Descriptor; json: unknown; value: unknown }[] = [];
  private readonly finishers: (() => void)[] = [];
  private readonly lastOnes: (() => void)[] = [];

  constructor(
    readonly image: Image,
    private readonly change: ((root: Readonly<Record<string, unknown>>) => void) | undefined,
  ) {}

  get(json: unknown): unknown {
    return typeof json === "object" && json !== null ? this.context.step(json as never) : json;
  }

  make(json: unknown): unknown {
    if (typeof json !== "object" || json === null) return json;
    const descriptor = library.getJsonDescriptor(this.context, json as never);
    const value = descriptor.create(this.context, json as never);
    // A shared value is filled in its turn; a nested one only its holder knows.
    if ((json as Json).$ !== undefined || (json as Json).r === undefined) {
      this.pending.push({ descriptor, json, value });
    }
    return value;
  }

  after(finish: () => void): void {
    this.finishers.push(finish);
  }

  last(finish: () => void): void {
    this.lastOnes.push(finish);
  }

  /** `root`, and the program with it, as they were when they were written. */
  end(root: Readonly<Record<string, unknown>>): void {
    this.change?.(root);
    for (const finish of this.lastOnes) finish();
  }

  finish(): void {
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      next.descriptor.readContent(this.context, next.json as never, next.value);
    }
    for (const finish of this.finishers) finish();
  }
}

let registered = 0;

function registerKinds(): void {
  for (; registered < kinds.length; registered++) register(kinds[registered] as Kind);
}

function register(kind: Kind): void {
  const { tag } = kind;
  const create = (context: library.ReadContext, json: Json): object => {
    reader!.context = context;
    return kind.make(reader!, json);
  };
  const readContent = (context: library.ReadContext, json: Json, value: object): void => {
    reader!.context = context;
    kind.fill(reader!, json, value);
  };
  const read = (context: library.ReadContext, json: Json): object => {
    const value = create(context, json);
    kind.fill(reader!, json, value);
    return value;
  };
  describe(tag, { create, readContent, read });
}

/** A value without contents. */
function registerValue(tag: string | undefined, value: (json: Json) => unknown): void {
  describe(tag as string, {
    create: (_context: unknown, json: Json) => value(json),
    readContent() {},
    read: (_context: unknown, json: Json) => value(json),
  });
}

function describe(name: string, methods: object): void {
  library.regDescriptor({
    name,
    strictName: true,
    refAware: false,
    props: false,
    default$: false,
    ...methods,
  } as never);
}

registerValue(UNDEFINED.$, () => undefined);
registerValue(NULL.$, () => null);
registerValue(DEAD_ZONE.$, () => T);
registerValue(NAN.$, () => Number.NaN);
registerValue(INFINITE.$, () => Number.POSITIVE_INFINITY);
registerValue(NEGATIVE_INFINITE.$, () => Number.NEGATIVE_INFINITY);
registerValue(NEGATIVE_ZERO.$, () => -0);
registerValue("Int", (json) => BigInt(json.int as string));
registerValue("Symbol", (json) =>
  json.key === undefined ? Symbol(json.name as string | undefined) : symbolFor(json.key as string),
);
registerValue("#", (json) => {
  const root = reader!.image.at(json.p as string);
  if (root === undefined) {
    throw new StateError("KWF_ROOT_MISSING", `the saved state refers to ${json.p}, which does not exist here`);
  }
  return root;
});

describe("K", {
  read(context: library.ReadContext, json: Json) {
    const input = reader!;
    input.context = context;
    const root: Record<string, unknown> = {};
    for (const key of Object.keys(json)) {
      if (key !== "$" && key !== "x" && key !== "w" && key !== "a") root[key] = input.get(json[key]);
    }
    const weak = ((json.w ?? []) as unknown[]).map((part) => input.get(part));
    const added = ((json.a ?? []) as unknown[]).map((part) => input.get(part) as ObjectDelta);
    input.finish();
    for (let i = 0; i < added.length; i++) (added[i] as ObjectDelta).add();
    for (let i = 0; i < weak.length; i += 3) weakPut(weak[i] as object, weak[i + 1] as WeakKey, weak[i + 2]);
    input.end(root);
    return root;
  },
});
