// Owns the tables that say how runtime objects are written and made again. The runtime registers its classes here,
// one line each; the compiled program registers functions, scopes and frames through the kit.
// Neighbours: stamp.ts knows which entry an object belongs to; codec.ts reads and writes by these tables.
//
// I1. A tag, an id and a factory name mean the same in every process that runs the bundle.
// I2. `make` runs before any slot is filled: values it is given may still be empty.
import { createObject, SafeMap } from "../pristine.js";
import { ensureNote, stampFunction } from "../stamp.js";
import type { Kind } from "./kind.js";
import { classKindOf, frameKindOf, markedKindOf, scopeKindOf, slotsKindOf } from "./runtime-kinds.js";

/** A class of the runtime whose whole state is its own named fields. Instances get no further properties. */
export interface ClassEntry {
  readonly tag: string;
  readonly prototype: object;
  readonly fields: readonly string[];
  readonly make: () => object;
}

/** Objects that user code holds (and may subclass, extend, freeze), with state in hidden slots. */
export interface SlotsEntry {
  readonly tag: string;
  /** The prototype an instance has unless it was subclassed; other prototypes are saved. */
  readonly prototype: object;
  /** Whether the object has the slots. Never throws, runs no user code; called for anything but a plain object. */
  readonly has: (object: object) => boolean;
  /** An object with empty slots and `prototype` as its prototype. */
  readonly make: () => object;
  /** The slots' values, in a fixed order; trailing undefined is not saved. */
  readonly read: (object: object) => unknown[];
  /** What the slots are called on the way to a value that cannot be saved; absent: they go without a name. */
  readonly labels?: readonly string[];
  /** Fills the slots: `values` as `read` gave them. */
  readonly write: (object: object, values: unknown[]) => void;
}

/** An object that is recognised only because it was marked when it was made. */
export interface MarkedKind<T extends object = object> {
  readonly tag: string;
  /** What the parts are called, as above. */
  readonly labels?: readonly string[];
  /** What the object is made of. */
  readonly parts: (object: T) => unknown[];
  /** Makes the object of restored parts; marks it again if it is to be saved again. */
  readonly make: (parts: unknown[]) => T;
}

export interface ScopeEntry {
  readonly id: number;
  readonly prototype: object;
  readonly class: new () => object;
  readonly names: readonly string[];
  /** Nothing sets a slot once the function is over that made the scope. */
  readonly isFixed: boolean;
}

export interface FrameEntry {
  readonly id: number;
  readonly prototype: object;
  readonly class: new () => object;
  readonly slots: readonly string[];
  readonly alive: AliveSlots | undefined;
}

/** By a slot's number: the labels at which its variable is alive, first and last of each range. A slot that is not named always is. */
export type AliveSlots = Readonly<Record<number, readonly number[]>>;

export type Factory = (...parts: never[]) => object;

/** By prototype: one look-up tells what a runtime object is. */
export const byPrototype = new SafeMap<object, Kind>();
export const slotKinds: { readonly has: (object: object) => boolean; readonly kind: Kind }[] = [];
export const factories = new SafeMap<number | string, Factory>();

/**
 * Registers a runtime class by its fields, in the order they are written (put those last that are mostly undefined:
 * trailing undefined fields take no bytes). `make` gives an empty instance; without it the prototype's own.
 *
 *     registerClass("W", WaitRecord, ["frame", "promise"], () => new WaitRecord());
 */
export function registerClass(
  tag: string,
  runtimeClass: { readonly prototype: object },
  fields: readonly string[],
  make?: () => object,
): void {
  const { prototype } = runtimeClass;
  const entry: ClassEntry = { tag, prototype, fields, make: make ?? (() => createObject(prototype) as object) };
  byPrototype.set(prototype, classKindOf(entry));
}

/** Registers objects with hidden slots: durable promises, generator objects. */
export function registerSlots(entry: SlotsEntry): void {
  slotKinds.push({ has: entry.has, kind: slotsKindOf(entry) });
}

const marked = new SafeMap<unknown, Kind>();

/** The kind an object was marked with. */
export const markedKind = (mark: unknown): Kind | undefined => marked.get(mark);

/** Registers a kind for `markKind`. */
export function registerKind<T extends object>(kind: MarkedKind<T>): MarkedKind<T> {
  marked.set(kind as unknown as MarkedKind, markedKindOf(kind as unknown as MarkedKind));
  return kind;
}

/** From now on the object is written as `kind`. `data` is for the kind's own use (`noteOf(object).data`). */
export function markKind<T extends object>(object: T, kind: MarkedKind<T>, data?: unknown): T {
  const note = ensureNote(object);
  note.kind = kind;
  note.data = data;
  return object;
}

/**
 * A function that the runtime hands to user code and that must survive: `registerFactory` once, then
 * `makeFunction(name, ...parts)` for each. The factory closes over its arguments and nothing else that changes.
 *
 *     registerFactory("resolve", (promise: DurablePromise) => (value: unknown) => resolve(promise, value));
 */
export function registerFactory(name: string, factory: Factory): void {
  if (factories.has(name)) throw new TypeError(`factory ${name} is registered already`);
  factories.set(name, factory);
}

export function makeFunction<F extends object>(name: string, ...parts: unknown[]): F {
  const factory = factories.get(name);
  if (factory === undefined) throw new TypeError(`no factory ${name}`);
  return stampFunction((factory as (...parts: unknown[]) => F)(...parts), name, parts);
}

/** Registers the frame class of a suspendable function; gives it a prototype that inherits from nothing. */
export function registerFrame(
  id: number,
  frameClass: new () => object,
  slots: readonly string[],
  alive?: AliveSlots,
): object {
  const prototype = createObject(null) as object;
  frameClass.prototype = prototype;
  byPrototype.set(prototype, frameKindOf({ id, prototype, class: frameClass, slots, alive }));
  return prototype;
}

/** Registers a scope class of the program, in the same way. */
export function registerScope(
  id: number,
  scopeClass: new () => object,
  names: readonly string[],
  isFixed = false,
): object {
  const prototype = createObject(null) as object;
  scopeClass.prototype = prototype;
  byPrototype.set(prototype, scopeKindOf({ id, prototype, class: scopeClass, names, isFixed }));
  return prototype;
}
