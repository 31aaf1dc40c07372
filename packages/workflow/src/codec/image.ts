// The image of the realm as loaded: every intrinsic and everything the program's module variables lead to, each under a
// path. A continuation refers to these by path; they are never written by value.
// Neighbours: module-state.ts compares the program's part of the image with what a step made of it.
//
// I1. Two realms of one bundle have the same image: the walk is breadth first in the order of properties, an object has
//     the first path that led to it.
// I2. The walk runs no code of the program: no getter, no trap; module variables are read through their tables.
// I3. Owners: intrinsics first; then what dependencies' variables lead to without passing a value of an own variable; the rest is
//     the own source's, also what only the global object leads to. What a module makes that a step evaluates counts as own source (lazy-modules.ts).
import { isUnevaluated, type ModuleTable, type ModuleVariable } from "../module-table.js";
import {
  arrayIteratorPrototype,
  asyncFunctionPrototype,
  asyncGeneratorFunctionPrototype,
  generatorFunctionPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  indexIn,
  mapIteratorPrototype,
  ownKeys,
  regExpStringIteratorPrototype,
  SafeMap,
  SafeSet,
  setIteratorPrototype,
  stringIteratorPrototype,
} from "../pristine.js";
import { privateElements } from "../private-name.js";
import { isProxy } from "../proxy.js";
import { functionId } from "../stamp.js";
import { hasManyElements } from "./buffers.js";
import { forgetPrototypes, kindOf, Unserializable } from "./classify.js";

export type Owner = "realm" | "dependency" | "own";
export type Root = object | symbol;

class ImageNode {
  path: string | undefined = undefined;
  /** Of a dependency's object, which may be a prototype: its keys. */
  keys: readonly PropertyKey[] | undefined = undefined;
  constructor(
    readonly value: Root,
    readonly parent: ImageNode | undefined,
    readonly segment: string,
    readonly owner: Owner,
  ) {}
}

export interface ImageOptions {
  /** Hidden objects and symbols of the runtime, by a stable name. */
  readonly roots?: Readonly<Record<string, unknown>>;
  readonly modules?: readonly ModuleTable[];
  /** Keys of the global object before the program was loaded; absent: all are the realm's. */
  readonly globals?: readonly PropertyKey[];
}

function strictArguments(): IArguments {
  // biome-ignore lint/complexity/noArguments: its `callee` is the only way to %ThrowTypeError%
  return arguments;
}

const hiddenIntrinsics: Readonly<Record<string, object | undefined>> = {
  AsyncFunctionPrototype: asyncFunctionPrototype,
  GeneratorFunctionPrototype: generatorFunctionPrototype,
  AsyncGeneratorFunctionPrototype: asyncGeneratorFunctionPrototype,
  ArrayIteratorPrototype: arrayIteratorPrototype,
  MapIteratorPrototype: mapIteratorPrototype,
  SetIteratorPrototype: setIteratorPrototype,
  StringIteratorPrototype: stringIteratorPrototype,
  RegExpStringIteratorPrototype: regExpStringIteratorPrototype,
  ThrowTypeError: getOwnPropertyDescriptor(strictArguments(), "callee")?.get,
};

const isRootable = (value: unknown): value is Root =>
  (typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol";

export class Image {
  readonly modules: readonly ModuleTable[];
  private readonly nodes = new SafeMap<Root, ImageNode>();
  private readonly order: ImageNode[] = [];
  private visited = 0;
  private owner: Owner = "realm";
  /** Values that the present walk must leave to a later one. */
  private barrier = new SafeSet<unknown>();
  private byPath: SafeMap<string, Root> | undefined;
  private readonly globals: readonly PropertyKey[] | undefined;

  constructor({ roots = {}, modules = [], globals }: ImageOptions = {}) {
    this.globals = globals;
    this.modules = modules.map((module) => (isUnevaluated(module) ? { ...module, isOwn: true } : module));
    forgetPrototypes();
    for (const key of ownKeys(Symbol)) this.add(ownValue(Symbol, key), undefined, `Symbol.${String(key)}`);
    this.add(globalThis, undefined, "globalThis");
    this.walk();
    for (const name of ownKeys(hiddenIntrinsics))
      this.add(ownValue(hiddenIntrinsics, name), undefined, `%${String(name)}%`);
    for (const name of ownKeys(roots)) this.add(ownValue(roots, name), undefined, `@${String(name)}`);
    this.walk();
    this.walkModules();
  }

  has(value: Root): boolean {
    return this.nodes.has(value);
  }

  /** The path of a root; undefined for anything else. */
  pathOf(value: Root): string | undefined {
    const node = this.nodes.get(value);
    return node === undefined ? undefined : pathOf(node);
  }

  ownerOf(value: Root): Owner | undefined {
    return this.nodes.get(value)?.owner;
  }

  /** Roots for what a module made that was evaluated later; gives those that are new. */
  extend(variables: readonly ModuleVariable[], path: string, value: unknown): Root[] {
    const first = this.order.length;
    this.owner = "own";
    this.byPath = undefined;
    for (let i = 0; i < variables.length; i++) {
      const variable = variables[i] as ModuleVariable;
      this.add(variable.value, undefined, variable.path);
    }
    this.add(value, undefined, path);
    this.walk();
    const added: Root[] = [];
    for (let i = first; i < this.order.length; i++) added[added.length] = (this.order[i] as ImageNode).value;
    return added;
  }

  forget(roots: readonly Root[]): void {
    for (let i = 0; i < roots.length; i++) this.nodes.delete(roots[i] as Root);
    let kept = 0;
    for (let i = 0; i < this.order.length; i++) {
      const node = this.order[i] as ImageNode;
      if (this.nodes.get(node.value) === node) this.order[kept++] = node;
    }
    this.order.length = kept;
    this.visited = kept;
    this.byPath = undefined;
  }

  /**
   * Keys that a dependency's prototype has beside those it was loaded with: libraries install methods when they are first needed.
   * undefined: none.
   */
  addedKeys(prototype: object): readonly PropertyKey[] | undefined {
    const known = this.nodes.get(prototype)?.keys;
    if (known === undefined) return undefined;
    const now = ownKeys(prototype);
    if (now.length <= known.length) return undefined;
    const added: PropertyKey[] = [];
    for (let i = 0; i < now.length; i++) {
      const key = now[i] as PropertyKey;
      if (known[i] !== key && indexIn(known, key) < 0) added[added.length] = key;
    }
    return added;
  }

  at(path: string): Root | undefined {
    if (this.byPath === undefined) {
      this.byPath = new SafeMap();
      for (let i = 0; i < this.order.length; i++) {
        const node = this.order[i] as ImageNode;
        this.byPath.set(pathOf(node), node.value);
      }
    }
    return this.byPath.get(path);
  }

  get size(): number {
    return this.order.length;
  }

  forEach(visit: (value: Root, owner: Owner) => void): void {
    for (let i = 0; i < this.order.length; i++) {
      const node = this.order[i] as ImageNode;
      visit(node.value, node.owner);
    }
  }

  private walkModules(): void {
    const dependencyValues = new SafeSet<unknown>();
    for (const { isOwn, variables } of this.modules) {
      if (!isOwn) for (const variable of variables) dependencyValues.add(variable.value);
    }
    for (const { isOwn, variables } of this.modules) {
      if (!isOwn) continue;
      for (const { value } of variables) if (!dependencyValues.has(value)) this.barrier.add(value);
    }
    for (const owner of ["dependency", "own"] as const) {
      this.owner = owner;
      if (owner === "own") this.barrier = new SafeSet();
      for (const { isOwn, variables } of this.modules) {
        if (isOwn !== (owner === "own")) continue;
        for (const { path, value } of variables) this.add(value, undefined, path);
      }
      if (owner === "own") this.addGlobals();
      this.walk();
    }
  }

  private isNew(value: unknown): value is Root {
    return isRootable(value) && !this.nodes.has(value) && !this.barrier.has(value);
  }

  /** What the program has put on the global object. */
  private addGlobals(): void {
    if (this.globals === undefined) return;
    const node = this.nodes.get(globalThis) as ImageNode;
    const keys = ownKeys(globalThis);
    for (const key of keys) if (indexIn(this.globals, key) < 0) this.addProperty(globalThis, key, keys, node);
  }

  private add(value: unknown, parent: ImageNode | undefined, segment: string): void {
    if (this.isNew(value)) this.put(value, parent, segment);
  }

  private put(value: Root, parent: ImageNode | undefined, segment: string): void {
    const node = new ImageNode(value, parent, segment, this.owner);
    this.nodes.set(value, node);
    this.order[this.order.length] = node;
  }

  private walk(): void {
    while (this.visited < this.order.length) {
      const node = this.order[this.visited++] as ImageNode;
      if (typeof node.value !== "symbol") this.visit(node.value, node);
    }
  }

  private visit(object: object, node: ImageNode): void {
    if (!isProxy(object)) {
      this.visitProperties(object, node);
      const prototype = getPrototypeOf(object);
      if (prototype !== null) this.add(prototype, node, "^");
    }
    if (typeof object === "function" && functionId(object) === undefined && !isProxy(object)) return;
    const kind = kindOf(object, false);
    if (kind instanceof Unserializable) return;
    const state = kind.state?.(object);
    if (state !== undefined) for (let i = 0; i < state.length; i++) this.add(state[i], node, `<${i}>`);
    const elements = privateElements(object);
    if (elements === undefined) return;
    for (let i = 0; i < elements.names.length; i++) {
      const name = elements.names[i] as { description: string };
      this.add(name, node, `<#${name.description}>`);
      this.add(elements.values[i], node, `.#${name.description}`);
    }
  }

  private visitProperties(object: object, node: ImageNode): void {
    if (hasManyElements(object)) return;
    const keys = ownKeys(object);
    const isFunction = typeof object === "function";
    if (!isFunction && node.owner === "dependency") node.keys = keys;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as PropertyKey;
      // Of a function, text and number as a rule: not worth looking at some 1,500 times.
      if (isFunction && (key === "length" || key === "name")) continue;
      if (object === globalThis && this.globals !== undefined && indexIn(this.globals, key) < 0) continue;
      this.addProperty(object, key, keys, node);
    }
  }

  private addProperty(object: object, key: PropertyKey, keys: readonly PropertyKey[], node: ImageNode): void {
    const { value, get, set } = getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    // The segment costs more than all the rest.
    if (typeof key === "symbol" && this.isNew(key)) this.put(key, node, `@${segmentOf(key, keys)}`);
    if (this.isNew(value)) this.put(value, node, segmentOf(key, keys));
    if (this.isNew(get)) this.put(get, node, `${segmentOf(key, keys)}<get>`);
    if (this.isNew(set)) this.put(set, node, `${segmentOf(key, keys)}<set>`);
  }
}

const ownValue = (object: object, key: PropertyKey): unknown => getOwnPropertyDescriptor(object, key)?.value;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const { test } = RegExp.prototype;

function segmentOf(key: PropertyKey, keys: readonly PropertyKey[]): string {
  if (typeof key !== "symbol") {
    return Reflect.apply(test, IDENTIFIER, [key]) ? `.${String(key)}` : `[${JSON.stringify(key)}]`;
  }
  const description = String(key.description);
  // Local symbols of one description are told apart by their order.
  let rank = 0;
  for (let i = 0; keys[i] !== key; i++) {
    const other = keys[i];
    if (typeof other === "symbol" && String(other.description) === description) rank++;
  }

  return rank === 0 ? `[${description}]` : `[${description}'${rank}]`;
}

function pathOf(node: ImageNode): string {
  if (node.path === undefined) {
    if (node.parent === undefined) node.path = node.segment;
    else {
      const parent = pathOf(node.parent);
      // Globals go without `globalThis.`.
      node.path = parent === "globalThis" && node.segment[0] === "." ? node.segment.slice(1) : parent + node.segment;
    }
  }
  return node.path;
}
