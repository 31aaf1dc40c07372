import * as t from "@babel/types";

/**
 * What a temporary is for, where that is more than a part of an expression: the iterator of a loop; where a `finally` goes on, by its
 * number; what it throws or returns then.
 */
export type TempRole = "" | "iterator" | `next ${number}` | "completion";

/** A frame slot for a value without a name. */
export interface Temp {
  readonly name: string;
  /** A pinned temporary outlives its next read; see `Temps.lastReads`. */
  pinned: boolean;
}

/**
 * The temporaries of one machine.
 *
 * I1. A temporary that is not pinned is read once; the statement with that read is followed by its clearing, so that a
 *     saved frame holds nothing it does not need.
 * I2. A name is handed out again only after that.
 */
export class Temps {
  readonly #frame: string;
  readonly #reads = new WeakMap<t.Node, Temp>();
  /** In the order in which they were taken; what each is for. */
  readonly #live = new Map<string, TempRole>();
  readonly #observers = new Set<Set<string>>();
  #count = 0;

  constructor(frame: string) {
    this.#frame = frame;
  }

  get names(): string[] {
    return Array.from({ length: this.#count }, (_, index) => `_${index}`);
  }

  take(pinned = false, role: TempRole = ""): Temp {
    let index = 0;
    while (this.#live.has(`_${index}`)) index++;
    this.#count = Math.max(this.#count, index + 1);
    const temp: Temp = { name: `_${index}`, pinned };
    this.#live.set(temp.name, role);
    for (const observer of this.#observers) observer.add(temp.name);
    return temp;
  }

  /** Those that hold something now. */
  get live(): [name: string, role: TempRole][] {
    return [...this.#live];
  }

  release(temp: Temp): void {
    this.#live.delete(temp.name);
  }

  read(temp: Temp): t.Expression {
    const node = this.target(temp);
    this.#reads.set(node, temp);
    return node;
  }

  target(temp: Pick<Temp, "name">): t.MemberExpression {
    return t.memberExpression(t.identifier(this.#frame), t.identifier(temp.name));
  }

  /** The unpinned temporaries that `node` reads. */
  lastReads(node: t.Node): Temp[] {
    if (this.#live.size === 0) return [];
    const found = new Set<Temp>();
    t.traverseFast(node, (inner) => {
      const temp = this.#reads.get(inner);
      if (temp && !temp.pinned && this.#live.has(temp.name)) found.add(temp);
    });
    return [...found];
  }

  /** `$._0 = $._1 = void 0` */
  clearing(temps: readonly Pick<Temp, "name">[]): t.Statement[] {
    if (temps.length === 0) return [];
    let clear: t.Expression = t.unaryExpression("void", t.numericLiteral(0));
    for (const temp of [...temps].reverse()) clear = t.assignmentExpression("=", this.target(temp), clear);
    return [t.expressionStatement(clear)];
  }

  /** Runs `lower` and gives the temporaries it took, whatever became of them. */
  during(lower: () => void): Pick<Temp, "name">[] {
    const taken = new Set<string>();
    this.#observers.add(taken);
    lower();
    this.#observers.delete(taken);
    return [...taken].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))).map((name) => ({ name }));
  }
}
