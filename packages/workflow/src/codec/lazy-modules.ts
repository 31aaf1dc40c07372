// Owns what becomes of modules that a step evaluates (lazy-module.ts): which of them a thread has evaluated, and the realm's copy
// of what they made.
// Neighbours: module-state.ts compares, applies and undoes, by what is held here; image.ts has the paths.
//
// A module of a thread is *recorded*: its name is part of the thread's text, and it is evaluated again, or taken from the realm's
// copy, before the thread's graph is read. What it made are roots, whosesoever source it is; what the thread changed of them since
// is a difference, as with any module of own source.
//
// I1. A recorded module comes out the same wherever it is evaluated again: clock and randomness are those of loading, and it was
//     evaluated in a program as loaded. So a module of own source that is reached when the thread has changed the program already
//     is not recorded, and neither is one that made refs, outputs or jobs, or threw: its values are written with the thread.
// I2. What an evaluation changes of other modules is the thread's, from the first evaluation; the later ones' is undone.
// I3. At most one copy of a module is in the realm, and copies that refer to each other were evaluated for the same thread. A new
//     evaluation drops the copies that its thread does not use.
// I4. Between two steps no module is evaluated: copies are put in place for a thread, and taken away after its step.
import { type LazyModule, lazyModuleOf, lazyModules, watchEvaluations } from "../lazy-module.js";
import { type ModuleTable, type ModuleVariable, moduleTables } from "../module-table.js";
import { append, indexIn, mapList, SafeMap, sameList } from "../pristine.js";
import { isProxy } from "../proxy.js";
import { Baseline } from "./baseline.js";
import type { Image, Root } from "./image.js";
import { StateError } from "./serialization-error.js";

/** What a recorded module made, as it was when it had been evaluated. */
class Copy {
  readonly values = new SafeMap<ModuleVariable, unknown>();
  readonly roots: Root[] = [];
  readonly baselines: Baseline[] = [];
  constructor(
    readonly module: LazyModule,
    readonly value: unknown,
  ) {}
}

/** A module as the thread has it, where it is not recorded: name, evaluated, value, thrown, ... */
export type ForeignEvaluations = unknown[];

export interface LazyHost {
  /** Whether the program is as loaded, for the thread. */
  isClean(): boolean;
  /** What refs, outputs and jobs there are, to be compared with what there are later. */
  activity(): readonly unknown[];
  /** From now on, until the answer is called, clock, randomness and identity are those of loading. */
  enterLoading(): () => void;
  /** Puts right what an evaluation changed of other modules. */
  undo(): void;
}

export class LazyModules {
  /** Those that loading has not evaluated. */
  private readonly pending: LazyModule[] = [];
  private readonly tables = new SafeMap<LazyModule, ModuleTable>();
  private readonly copies = new SafeMap<LazyModule, Copy>();
  /** Recorded for the present thread, in the order in which their evaluation began. */
  private recorded: LazyModule[] = [];
  /** Evaluated by the outermost evaluation that is going on and may be recorded. */
  private group: LazyModule[] | undefined;
  private outermost: LazyModule | undefined;
  private activity: readonly unknown[] = [];
  private resume: () => void = () => {};
  private restoring = false;
  private depth = 0;

  constructor(
    private readonly image: Image,
    private readonly host: LazyHost,
  ) {
    lazyModules.forEach((module) => {
      if (!module.evaluated) append(this.pending, module);
    });
    for (const table of moduleTables) {
      for (const { value } of table.variables) {
        const module = typeof value === "function" ? lazyModuleOf(value) : undefined;
        if (module !== undefined) this.tables.set(module, table);
      }
    }
    if (this.pending.length > 0) watchEvaluations(this);
  }

  // ------------------------------------------------------------------------------------- evaluation

  begin(module: LazyModule): void {
    if (indexIn(this.pending, module) < 0) return;
    if (this.depth++ === 0) this.resume = this.host.enterLoading();
    if (this.group === undefined) {
      // I1
      const isOwn = this.tables.get(module)?.isOwn !== false;
      if (isOwn && !this.restoring && !this.host.isClean()) return;
      this.group = [];
      this.outermost = module;
      this.activity = this.host.activity();
    }
    append(this.group, module);
  }

  end(module: LazyModule, threw: boolean): void {
    if (indexIn(this.pending, module) < 0) return;
    if (--this.depth === 0) this.resume();
    if (module !== this.outermost) return;
    const group = this.group as LazyModule[];
    this.group = undefined;
    this.outermost = undefined;
    if (!this.restoring) {
      if (threw || !sameList(this.host.activity(), this.activity)) return;
      this.dropUnused();
    }
    for (let i = 0; i < group.length; i++) {
      const one = group[i] as LazyModule;
      append(this.recorded, one);
      this.keep(one);
    }
  }

  private dropUnused(): void {
    const unused: Copy[] = [];
    this.copies.forEach((copy, module) => {
      if (indexIn(this.recorded, module) < 0) append(unused, copy);
    });
    for (let i = 0; i < unused.length; i++) {
      const copy = unused[i] as Copy;
      this.copies.delete(copy.module);
      this.image.forget(copy.roots);
    }
  }

  private keep(module: LazyModule): void {
    const copy = new Copy(module, module.value);
    const variables = this.tables.get(module)?.variables ?? [];
    for (let i = 0; i < variables.length; i++) {
      const variable = variables[i] as ModuleVariable;
      if (!variable.isConstant) copy.values.set(variable, variable.value);
    }
    const added = this.image.extend(variables, `lazy:${module.name}`, module.value);
    for (let i = 0; i < added.length; i++) {
      const root = added[i] as Root;
      append(copy.roots, root);
      if (typeof root === "symbol" || isProxy(root)) continue;
      const baseline = new Baseline(root, "own");
      if (!baseline.isFixed) append(copy.baselines, baseline);
    }
    this.copies.set(module, copy);
  }

  // ------------------------------------------------------------------------------------- the thread

  /** Names of the thread's recorded modules; undefined: none. */
  get names(): string[] | undefined {
    if (this.recorded.length === 0) return undefined;
    return mapList(this.recorded, ({ name }) => name);
  }

  /** Makes the program one in which these have been evaluated: before a thread's graph is read. */
  enter(names: readonly string[]): void {
    const modules = mapList(names, (name) => moduleNamed(name));
    this.recorded = [];
    this.restoring = true;
    try {
      // First what there is, then what is missing: that may reach the others.
      for (let i = 0; i < modules.length; i++) {
        const copy = this.copies.get(modules[i] as LazyModule);
        if (copy !== undefined) this.put(copy);
      }
      let evaluated = false;
      for (let i = 0; i < modules.length; i++) {
        const module = modules[i] as LazyModule;
        if (module.evaluated) continue;
        this.evaluateAgain(module);
        evaluated = true;
      }
      if (evaluated) this.host.undo();
    } finally {
      this.restoring = false;
    }
    this.recorded = modules;
  }

  private evaluateAgain(module: LazyModule): void {
    try {
      module.reach();
    } catch (error) {
      const what = "a module that the thread has evaluated cannot be evaluated again";
      throw new StateError("KWF_STATE_UNREADABLE", `${what}: ${String(error)}`);
    }
  }

  private put(copy: Copy): void {
    const { module, value, values } = copy;
    module.evaluated = true;
    module.value = value;
    values.forEach((one, variable) => {
      variable.set(one);
    });
    append(this.recorded, module);
  }

  /** The value of a variable as the thread's changes begin from; `loaded` where its module is not recorded. */
  valueOf(variable: ModuleVariable, loaded: unknown): unknown {
    for (let i = 0; i < this.recorded.length; i++) {
      const values = this.copies.get(this.recorded[i] as LazyModule)?.values;
      if (values?.has(variable)) return values.get(variable);
    }
    return loaded;
  }

  forEachBaseline(visit: (baseline: Baseline) => void): void {
    for (let i = 0; i < this.recorded.length; i++) {
      const { baselines } = this.copies.get(this.recorded[i] as LazyModule) as Copy;
      for (let j = 0; j < baselines.length; j++) visit(baselines[j] as Baseline);
    }
  }

  /** I4. What the thread has of modules that are not recorded; undefined: nothing. */
  leave(): ForeignEvaluations | undefined {
    const foreign: unknown[] = [];
    for (let i = 0; i < this.pending.length; i++) {
      const module = this.pending[i] as LazyModule;
      if ((module.evaluated || module.thrown !== undefined) && indexIn(this.recorded, module) < 0) {
        append(foreign, module.name);
        append(foreign, module.evaluated);
        append(foreign, module.value);
        append(foreign, module.thrown);
      }
      module.evaluated = false;
      module.value = undefined;
      module.thrown = undefined;
    }
    this.recorded = [];
    return foreign.length === 0 ? undefined : foreign;
  }

  apply(foreign: ForeignEvaluations): void {
    for (let i = 0; i < foreign.length; i += 4) {
      const module = moduleNamed(foreign[i] as string);
      module.evaluated = foreign[i + 1] as boolean;
      module.value = foreign[i + 2];
      module.thrown = foreign[i + 3] as [unknown] | undefined;
    }
  }
}

function moduleNamed(name: string): LazyModule {
  const module = lazyModules.get(name);
  if (module !== undefined) return module;
  throw new StateError(
    "KWF_ROOT_MISSING",
    `the saved state has evaluated the module ${name}, which does not exist here`,
  );
}
