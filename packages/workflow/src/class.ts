// Classes of the program. A class literal is evaluated by its factory and then taken apart here: its methods become
// parts that the codec can name, private members and the static initialiser are taken off it.
//
// I1. A factory evaluates nothing of the user's but the literal: heritage and computed keys are its parameters and
//     static fields are run by `sinit`, so that a restore (which calls the factory) repeats nothing.
// I2. What the literal alone gave is remembered (`base`): the codec saves only what differs from it.
import { asKind, type FunctionKind } from "./function.js";
import { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } from "./pristine.js";
import { PrivateName } from "./private-name.js";
import { ensureNote, functionParts, stampFunction } from "./stamp.js";

/** `[kind, isStatic, key, privateName?, functionKind?]` of one member, in the literal's order. */
export type MemberLayout = readonly [
  kind: "m" | "g" | "s",
  isStatic: boolean | 0 | 1,
  key: string | number | readonly ["p", number, string],
  privateName?: unknown,
  functionKind?: FunctionKind,
];

/** Own properties as they were at one time. */
export interface PropertyBase {
  readonly keys: readonly PropertyKey[];
  readonly descriptors: readonly PropertyDescriptor[];
}

export class ClassRecord {
  readonly id: number;
  readonly scopes: readonly unknown[];
  readonly heritage: unknown;
  readonly keys: readonly PropertyKey[] | undefined;
  readonly parts: unknown[];
  readonly layout: readonly MemberLayout[];
  readonly class: object;
  initialiser: ((this: unknown) => void) | undefined = undefined;
  /** The object its instances inherit from, as it was born. */
  get prototype(): object {
    return getOwnPropertyDescriptor(this.class, "prototype")?.value as object;
  }
  base!: PropertyBase;
  prototypeBase!: PropertyBase;

  constructor(
    cls: object,
    id: number,
    scopes: readonly unknown[],
    heritage: unknown,
    keys: readonly PropertyKey[] | undefined,
    layout: readonly MemberLayout[],
    parts: unknown[],
  ) {
    this.class = cls;
    this.id = id;
    this.scopes = scopes;
    this.heritage = heritage;
    this.keys = keys;
    this.layout = layout;
    this.parts = parts;
  }
}

/** What a method of a class remembers: the class's record and its own number. */
export class PartStamp {
  readonly record: ClassRecord;
  readonly index: number;
  constructor(record: ClassRecord, index: number) {
    this.record = record;
    this.index = index;
  }
}

/** Keys under which a literal holds its private members, by number. */
export const pk: readonly symbol[] = Array.from({ length: 256 }, (_, i) => Symbol(`private ${i}`));
/** The key under which a literal holds its static initialiser. */
export const si: symbol = Symbol("static initialiser");

/** The name a method has unless it was given another. */
export function partName(record: ClassRecord, index: number): string {
  const [kind, , where] = record.layout[index] as MemberLayout;
  if (typeof where === "object") return `${PREFIX[kind]}#${where[2]}`;
  const key = typeof where === "string" ? where : (record.keys as readonly PropertyKey[])[where];
  if (typeof key !== "symbol") return PREFIX[kind] + String(key);
  return PREFIX[kind] + (key.description === undefined ? "" : `[${key.description}]`);
}

/** The function id of a class's method; its parts are a PartStamp. */
export const PART = "part";

/** Called by a class factory right after the literal; returns the class. */
export function c<C extends object>(
  id: number,
  cls: C,
  scopes: readonly unknown[],
  heritage: unknown,
  keys: readonly PropertyKey[] | undefined,
  layout: readonly MemberLayout[],
  parts: unknown[],
): C {
  const record = new ClassRecord(cls, id, scopes, heritage, keys, layout, parts);
  const prototype = (cls as { prototype?: object }).prototype as object;
  for (let i = 0; i < layout.length; i++) {
    parts[i] = takePart(record, i, layout[i] as MemberLayout, cls, prototype);
  }
  const initialiser = getOwnPropertyDescriptor(cls, si);
  if (initialiser !== undefined) {
    record.initialiser = initialiser.value as (this: unknown) => void;
    deleteProperty(cls, si);
  }
  record.base = propertyBase(cls);
  record.prototypeBase = propertyBase(prototype);
  ensureNote(prototype).data = record;
  return stampFunction(cls, id, record);
}

function takePart(record: ClassRecord, index: number, layout: MemberLayout, cls: object, prototype: object): unknown {
  const kind = layout[0];
  const isStatic = Boolean(layout[1]);
  const where = layout[2];
  const privateName = layout[3];
  const holder = isStatic ? cls : prototype;
  let name: PropertyKey;
  if (typeof where === "string") name = where;
  else if (typeof where === "number") name = (record.keys as readonly PropertyKey[])[where] as PropertyKey;
  else name = pk[where[1]] as symbol;
  const found = getOwnPropertyDescriptor(holder, name);
  // A later member of the same name may have taken its place: then nobody can reach this one.
  const fn = kind === "m" ? found?.value : kind === "g" ? found?.get : found?.set;
  if (typeof fn !== "function") return undefined;
  if (typeof where === "object") {
    deleteProperty(holder, name);
    const value = partName(record, index);
    defineProperty(fn, "name", { value, writable: false, enumerable: false, configurable: true });
    // While a restore makes the class its scopes are still empty: then the name brings its own members.
    if (privateName instanceof PrivateName) takePrivate(privateName, kind, fn, cls, isStatic);
  }
  asKind(fn, layout[4] ?? "");
  return stampFunction(fn, PART, new PartStamp(record, index));
}

const PREFIX = { m: "", g: "get ", s: "set " } as const;

function takePrivate(name: PrivateName, kind: "m" | "g" | "s", fn: object, cls: object, isStatic: boolean): void {
  name.isStatic = isStatic;
  const className = getOwnPropertyDescriptor(cls, "name")?.value;
  if (typeof className === "string" && className !== "") name.owner = className;
  if (kind === "m") {
    name.kind = "method";
    name.method = fn;
  } else {
    name.kind = "accessor";
    if (kind === "g") name.get = fn;
    else name.set = fn;
  }
}

/** Runs the static fields and blocks, once, with the class as `this`; returns the class. */
export function sinit<C extends object>(cls: C): C {
  const record = functionParts(cls) as ClassRecord;
  const { initialiser } = record;
  if (initialiser !== undefined) {
    record.initialiser = undefined;
    apply(initialiser, cls, []);
  }
  return cls;
}

export function propertyBase(object: object): PropertyBase {
  const keys = ownKeys(object);
  const descriptors: PropertyDescriptor[] = [];
  for (let i = 0; i < keys.length; i++) {
    descriptors[i] = getOwnPropertyDescriptor(object, keys[i] as PropertyKey) as PropertyDescriptor;
  }
  return { keys, descriptors };
}
