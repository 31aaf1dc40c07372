// Module state (design, section 4): what a step changed of the program's variables and of the objects they lead to. It
// is saved with the thread, applied when the thread goes on, and undone after every step, so that each thread finds the
// program as it was loaded.
// Neighbours: image.ts says which objects there are and whose; object-delta.ts is one object's difference; lazy-modules.ts has the
// modules that a step evaluates.
//
// I1. Own source, and what is put on the global object: variables, properties, prototypes, collections, scopes, private and hidden
//     slots. Dependencies: only entries of weak collections under keys of the thread (ephemerons.ts), and what is added to prototypes
//     that objects of the thread inherit from (writer.ts). Whole program: everything, built-ins too.
// I2. The comparison is shallow, so that it costs 0.1 us for a function or prototype, 0.4 us for another object. Built-ins are compared less
//     exactly (baseline.ts), and most are asked only whether they got properties.
// I3. What cannot be undone (a root was frozen) makes the realm unusable for other threads: `take` says so.

import type { ModuleVariable } from "../module-table.js";
import { append, deleteProperty, getOwnPropertyDescriptor, sameValue } from "../pristine.js";
import { isProxy } from "../proxy.js";
import { isTemplate } from "../template.js";
import { ABSENT, clearLog, loggedEntries, watchRoots, weakGet, weakPut } from "../weak.js";
import { Baseline } from "./baseline.js";
import { forgetPrototypes, kindOf, Unserializable } from "./classify.js";
import type { Image, Owner } from "./image.js";
import { type ForeignEvaluations, type LazyHost, LazyModules } from "./lazy-modules.js";
import { ObjectDelta } from "./object-delta.js";

/** What a step changed, as plain data for the codec; absent parts: nothing. */
export interface ModuleChanges {
  /** Variables: path, value, path, value, ... */
  v?: unknown[];
  o?: ObjectDelta[];
  /** Entries of own weak collections under roots: collection, key, is there, value, ... */
  w?: unknown[];
  /** Modules that the thread has evaluated and that are not recorded. */
  l?: ForeignEvaluations;
}

export interface Taken {
  /** Names of the thread's recorded modules. */
  readonly evaluated: string[] | undefined;
  readonly changes: ModuleChanges | undefined;
  /** false: something could not be undone, the realm must be dropped. */
  readonly undone: boolean;
}

export interface ModuleStateOptions {
  /** Everything is state of the thread: all modules, the global object, built-ins. */
  readonly whole?: boolean;
  /** What of the runtime counts when a step evaluates a module. */
  readonly loading?: Pick<LazyHost, "activity" | "enterLoading">;
}

const { keys: enumerableKeys } = Object;

/** Whose prototypes programs extend: to ask all there are would take a tenth of a step. */
const EXTENDED = ["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt"];
EXTENDED.push("Date", "RegExp", "Error", "Map", "Set", "Promise");

const NO_LOADING: NonNullable<ModuleStateOptions["loading"]> = { activity: () => [], enterLoading: () => () => {} };

export class ModuleState {
  private readonly variables: { readonly variable: ModuleVariable; readonly value: unknown }[] = [];
  private readonly baselines: Baseline[] = [];
  /** Prototypes of the realm: without properties that can be enumerated. */
  private readonly bare: object[] = [];
  private readonly lazy: LazyModules;
  private deferred: Baseline[] = [];

  /** Remembers the program as it is now: called once, after load. */
  constructor(
    private readonly image: Image,
    private readonly options: ModuleStateOptions = {},
  ) {
    for (const { isOwn, variables } of image.modules) {
      if (!isOwn && !options.whole) continue;
      for (const variable of variables) {
        if (!variable.isConstant) this.variables.push({ variable, value: variable.value });
      }
    }
    image.forEach((value, owner) => {
      if (typeof value === "symbol" || !this.tracks(owner) || isProxy(value)) return;
      const baseline = new Baseline(value, options.whole ? "whole" : "own");
      if (baseline.isFixed) return;
      if (baseline.isInherited) this.baselines.unshift(baseline);
      else this.baselines.push(baseline);
    });
    if (options.whole !== true) this.watchRealm();
    this.lazy = new LazyModules(image, {
      ...(options.loading ?? NO_LOADING),
      isClean: () => this.isClean(),
      undo: () => this.undoEvaluation(),
    });
    clearLog();
    watchRoots((object) => image.has(object) || isTemplate(object));
  }

  /** Of the realm, what programs do change: the global object, what is added to built-ins, clock and randomness. */
  private watchRealm(): void {
    append(this.baselines, new Baseline(globalThis, "enumerable"));
    for (const object of [Math, Date, Error]) append(this.baselines, new Baseline(object, "rough"));
    for (const name of EXTENDED) {
      const extended = getOwnPropertyDescriptor(globalThis, name)?.value as { prototype?: object } | undefined;
      const prototype = extended?.prototype;
      if (prototype === undefined || this.image.ownerOf(prototype) !== "realm") continue;
      if (enumerableKeys(prototype).length === 0) append(this.bare, prototype);
    }
  }

  private tracks(owner: Owner | undefined): boolean {
    return owner === "own" || (this.options.whole === true && owner !== undefined);
  }

  /**
   * What differs from the program as loaded, and the program as loaded again. `defer`: what walks may be in the middle of stays as it
   * is until `end`.
   */
  take(defer = false): Taken {
    const changes: ModuleChanges = {};
    const v: unknown[] = [];
    let undone = true;
    for (let i = 0; i < this.variables.length; i++) {
      const { variable, value } = this.variables[i] as (typeof this.variables)[number];
      const now = variable.value;
      if (!sameValue(now, this.lazy.valueOf(variable, value))) {
        append(v, variable.path);
        append(v, now);
      }
      if (!sameValue(now, value)) variable.set(value);
    }
    const o: ObjectDelta[] = [];
    const changed: Baseline[] = [];
    const compare = (baseline: Baseline): void => {
      const delta = baseline.delta();
      if (delta === undefined) return;
      append(o, delta);
      // What arrays and records inherit is put right at once: a setter there would meet every list that is made here.
      if (baseline.isInherited) {
        if (!baseline.undo()) undone = false;
      } else append(changed, baseline);
    };
    for (let i = 0; i < this.baselines.length; i++) compare(this.baselines[i] as Baseline);
    this.lazy.forEachBaseline(compare);
    if (!this.takeBare(o)) undone = false;
    const w = this.takeWeak();
    for (let i = 0; i < changed.length; i++) {
      const baseline = changed[i] as Baseline;
      if (defer && baseline.isWalked) append(this.deferred, baseline);
      else if (!baseline.undo()) undone = false;
    }
    const evaluated = this.lazy.names;
    const l = this.lazy.leave();
    if (v.length > 0) changes.v = v;
    if (o.length > 0) changes.o = o;
    if (w.length > 0) changes.w = w;
    if (l !== undefined) changes.l = l;
    const isEmpty = v.length + o.length + w.length === 0 && l === undefined;
    return { evaluated, changes: isEmpty ? undefined : changes, undone };
  }

  /** false: something could not be undone. */
  private takeBare(o: ObjectDelta[]): boolean {
    let undone = true;
    for (let i = 0; i < this.bare.length; i++) {
      const object = this.bare[i] as object;
      if (!inheritsNames(object)) continue;
      const names = enumerableKeys(object);
      if (names.length === 0) continue;
      append(o, ObjectDelta.adding(object, names));
      for (let j = 0; j < names.length; j++) if (!deleteProperty(object, names[j] as string)) undone = false;
    }
    return undone;
  }

  private takeWeak(): unknown[] {
    const w: unknown[] = [];
    const entries = loggedEntries();
    for (let i = 0; i < entries.length; i++) {
      const { collection, key, before } = entries[i] as (typeof entries)[number];
      // A collection of the thread is written with the thread.
      const owner = this.image.ownerOf(collection);
      if (owner === undefined) continue;
      const now = weakGet(collection, key);
      if (now === before) continue;
      // What a library keeps under a template is about the thread's own source.
      if (this.tracks(owner) || isTemplate(key as object)) {
        append(w, collection);
        append(w, key);
        append(w, now !== ABSENT);
        append(w, now === ABSENT ? undefined : now);
      }
      weakPut(collection, key, before);
    }
    return w;
  }

  /** Makes the program one in which those modules have been evaluated: before the thread's graph is read. */
  enter(evaluated: readonly string[]): void {
    this.lazy.enter(evaluated);
  }

  /** Whether the program is as loaded, and as evaluated since. */
  private isClean(): boolean {
    let clean = true;
    const compare = (baseline: Baseline): void => {
      if (clean && baseline.delta() !== undefined) clean = false;
    };
    for (let i = 0; clean && i < this.variables.length; i++) {
      const { variable, value } = this.variables[i] as (typeof this.variables)[number];
      if (!sameValue(variable.value, this.lazy.valueOf(variable, value))) clean = false;
    }
    for (let i = 0; clean && i < this.baselines.length; i++) compare(this.baselines[i] as Baseline);
    for (let i = 0; clean && i < this.bare.length; i++) {
      const object = this.bare[i] as object;
      if (inheritsNames(object) && enumerableKeys(object).length > 0) clean = false;
    }
    this.lazy.forEachBaseline(compare);
    return clean;
  }

  private undoEvaluation(): void {
    for (let i = 0; i < this.variables.length; i++) {
      const { variable, value } = this.variables[i] as (typeof this.variables)[number];
      const then = this.lazy.valueOf(variable, value);
      if (!sameValue(variable.value, then)) variable.set(then);
    }
    const undo = (baseline: Baseline): void => {
      if (baseline.delta() !== undefined) baseline.undo();
    };
    for (let i = 0; i < this.baselines.length; i++) undo(this.baselines[i] as Baseline);
    this.lazy.forEachBaseline(undo);
    this.takeBare([]);
  }

  /** Makes the program what it was for the thread when it was saved. */
  apply(changes: ModuleChanges | undefined): void {
    if (changes === undefined) return;
    forgetPrototypes();
    const { v = [], o = [], w = [], l = [] } = changes;
    this.lazy.apply(l);
    for (let i = 0; i < v.length; i += 2) this.variable(v[i] as string)?.set(v[i + 1]);
    for (let i = 0; i < o.length; i++) {
      const delta = o[i] as ObjectDelta;
      const kind = kindOf(delta.target, false);
      delta.apply(kind instanceof Unserializable ? undefined : kind);
    }
    for (let i = 0; i < w.length; i += 4) weakPut(w[i] as object, w[i + 1] as WeakKey, w[i + 2] ? w[i + 3] : ABSENT);
  }

  private variable(path: string): ModuleVariable | undefined {
    for (let i = 0; i < this.variables.length; i++) {
      const { variable } = this.variables[i] as (typeof this.variables)[number];
      if (variable.path === path) return variable;
    }
    return undefined;
  }

  /** After the thread was written: the rest is undone, and which weak entries were touched is forgotten. false: not all could be undone. */
  end(): boolean {
    let undone = true;
    for (let i = 0; i < this.deferred.length; i++) if (!(this.deferred[i] as Baseline).undo()) undone = false;
    this.deferred = [];
    clearLog();
    return undone;
  }
}

/** Whether it has, or inherits, something that can be enumerated: no question is cheaper. */
function inheritsNames(object: object): boolean {
  for (const _ in object) return true;
  return false;
}
