// What the writer knows at a place of a program: names in scope and what they hold, and what may stand there.

export type Holds = "value" | "function" | "async" | "generator" | "asyncGenerator" | "class" | "promise" | "iterator";

export interface Variable {
  readonly name: string;
  readonly holds: Holds;
  readonly isConstant: boolean;
}

/** The function that a place belongs to. */
export interface FunctionContext {
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** Not an arrow: has `arguments` and `new.target`. */
  readonly isPlain: boolean;
  /** In a class: its private field, and whether there is a superclass with methods. */
  readonly member?: { readonly field: string; readonly hasSuper: boolean; readonly isStatic: boolean };
  /** Nothing may be waited for, or leave it: initialisers and parameters. */
  readonly isClosed?: boolean;
}

export interface Jumps {
  readonly labels: readonly { readonly name: string; readonly isLoop: boolean }[];
  readonly inLoop: boolean;
  readonly inSwitch: boolean;
}

export const NO_JUMPS: Jumps = { labels: [], inLoop: false, inSwitch: false };

export class Scope {
  readonly variables: Variable[] = [];

  constructor(
    readonly fn: FunctionContext,
    readonly jumps: Jumps = NO_JUMPS,
    readonly parent?: Scope,
  ) {}

  block(jumps: Partial<Jumps> = {}): Scope {
    return new Scope(this.fn, { ...this.jumps, ...jumps }, this);
  }

  inner(fn: FunctionContext): Scope {
    return new Scope(fn, NO_JUMPS, this);
  }

  declare(name: string, holds: Holds = "value", isConstant = false): string {
    this.variables.push({ name, holds, isConstant });
    return name;
  }

  /** Innermost first; of names that are declared twice the inner one. */
  visible(test: (variable: Variable) => boolean): Variable[] {
    const found: Variable[] = [];
    const names = new Set<string>();
    for (let at: Scope | undefined = this; at !== undefined; at = at.parent) {
      for (const variable of [...at.variables].reverse()) {
        if (!names.has(variable.name) && test(variable)) found.push(variable);
        names.add(variable.name);
      }
    }
    return found;
  }

  get canAwait(): boolean {
    return this.fn.isAsync && this.fn.isClosed !== true;
  }

  get canYield(): boolean {
    return this.fn.isGenerator && this.fn.isClosed !== true;
  }
}
