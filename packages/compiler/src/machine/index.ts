/**
 * Lowers one suspendable function (async function, generator, async generator of any syntactic kind), already
 * closure-converted, to a frame constructor, a state machine and the body of a wrapper.
 *
 *   declarations  function R12() {...}  const H12 = [...];  function M12($, v, m) {...}  _k.R(12, R12, [...], M12);
 *                 for the top level of the program. M12 refers to the program's top-level names directly.
 *   params, body  of the function that takes the place of the original one, without `async` and `*`. An arrow stays an
 *                 arrow (with a block body), a method a method.
 *
 * What the input guarantees: no functions and classes inside; names of locals unique within the function and different
 * from every outer name the function uses; captured variables are properties of scope objects. The input's nodes are
 * used up. Errors: SyntaxError for what cannot be lowered (`with`).
 *
 * The files: suspension.ts and slots.ts analyse; statements.ts (if, declarations), loops.ts, iteration.ts, switch.ts,
 * try.ts and expressions.ts (operands.ts, calls.ts, chains.ts, literals.ts, assignment.ts, destructuring.ts,
 * reference.ts) lower; leap.ts routes abrupt completions, close.ts closes iterators, suspend.ts emits suspension points;
 * structured.ts and rewrite.ts carry over what does not suspend; emitter.ts and assembly.ts build the output.
 *
 * The kit calls emitted: await ret thr | gen yield yieldRaw gret gthr delegate | agen ayield aret athr adelegate
 * noThrow | iter next close closeQuiet collect | aiter anext anextResult aclose NONE checkObject | keys nextKey | call
 * rest key args tpl R. Those that are not obvious:
 *   call(fn, self, args, text)   calls fn; when it is not callable: TypeError `${text} is not a function`
 *   rest(source, keys)           a new object with the own enumerable properties except the given property keys
 *   collect(record)              the array of all that is left (none when record.done)
 *   args(rest, ...first)         the array [...first, ...rest]
 *   noThrow()                    the TypeError of `yield*` into an async iterator without `throw`
 *   key(value)                   ToPropertyKey
 */
import * as t from "@babel/types";
import { assemble, type TopLevelNames } from "./assembly.js";
import { patternNames } from "./assigned.js";
import { emitReturn } from "./leap.js";
import { Lowering, type MachineNames } from "./lowering.js";
import { Slots } from "./slots.js";
import { lowerList } from "./statements.js";
import { Suspension } from "./suspension.js";
import type { TempRole } from "./temps.js";
import { wrapper } from "./wrapper.js";

export type Suspendable =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod;

export interface SuspendableOptions {
  readonly id: number;
  /** The name of the kit's variable. */
  readonly kit: string;
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** How the wrapper names its own function object; used for generators. */
  readonly self: t.Expression;
  /** Scope variables of the factory around the wrapper; each gets a slot. */
  readonly captures?: readonly string[];
  /**
   * Parameters that are not plain: statements, without suspension points, that read the arguments from the array
   * `args` and bind the parameters. `length` is the function's `length`. The function's own `params` are ignored then.
   */
  readonly prologue?: { readonly statements: readonly t.Statement[]; readonly args: string; readonly length: number };
  /** Locals that the first statements of the body hand on and clear. They stand last in the frame: what is last and undefined is not saved. */
  readonly handedOn?: readonly string[];
  /** Outer names whose value never changes once the function runs: need no copy across a suspension point. */
  readonly isConstant?: (name: string) => boolean;
  /** The id of the next template object (`_k.tpl`); needed only for tagged templates that suspend. */
  readonly templateId?: () => number;
  /** Default: `R<id>`, `M<id>`, `H<id>`. */
  readonly names?: TopLevelNames;
}

export interface Await {
  /** The label a frame has while it waits here. */
  readonly label: number;
  /**
   * "await", "yield", "yield*", "for await", "return"; "yield operand", "close": the awaits that async generators and
   * async iteration add. One source position can have several.
   */
  readonly kind: string;
  /** The await, yield, return or loop; its `start`, `end` and `loc` are those of the input. */
  readonly node: t.Node;
  /** The temporaries that hold something then, in the order in which they were taken. */
  readonly temps: readonly (readonly [name: string, role: TempRole])[];
}

export interface LoweredFunction {
  readonly declarations: t.Statement[];
  readonly params: (t.Identifier | t.RestElement)[];
  readonly body: t.BlockStatement;
  /** The slots in frame order, without the header. */
  readonly slots: string[];
  /** Slot and local name of captures, parameters and locals; `this`, `arguments` and temporaries are not listed. */
  readonly locals: [slot: string, name: string][];
  readonly awaits: Await[];
  /** Of every `finally`: label -> where it goes on then. */
  readonly ways: [label: number, meaning: string][][];
}

export function lowerSuspendable(fn: Suspendable, o: SuspendableOptions): LoweredFunction {
  const body = bodyOf(fn);
  const prologue = o.prologue ? [...o.prologue.statements] : [];
  const params = o.prologue ? [] : (fn.params as (t.Identifier | t.RestElement)[]);
  const suspension = new Suspension(body.body, o.isAsync && o.isGenerator);
  const slots = new Slots();
  for (const name of o.captures ?? []) slots.add(name);
  for (const param of params) for (const name of patternNames(param)) slots.add(name);
  // A generator's prologue runs in the wrapper, where the arguments are a plain variable.
  if (o.prologue && !o.isGenerator) slots.add(o.prologue.args);
  slots.declare([...prologue, ...body.body], suspension);

  const options = {
    isAsync: o.isAsync,
    isGenerator: o.isGenerator,
    isArrow: t.isArrowFunctionExpression(fn),
    isConstant: o.isConstant ?? (() => false),
    templateId: o.templateId ?? noTemplates,
  };
  const cx = new Lowering(options, machineNames(o, [fn, o.self, ...prologue]), slots, suspension);
  const early = o.isGenerator ? prologue.flatMap((node) => cx.rewriteStatement(node)) : [];
  if (!o.isGenerator) lowerList(cx, prologue);
  if (o.prologue && !o.isGenerator) cx.emitter.push(...cx.clearSlot(o.prologue.args));
  lowerList(cx, body.body);
  if (cx.emitter.reachable) emitReturn(cx, t.unaryExpression("void", t.numericLiteral(0)), null);
  cx.flush();

  const names = o.names ?? { frame: `R${o.id}`, machine: `M${o.id}`, handlers: `H${o.id}` };
  const locals = slots.entries;
  const own = [...(cx.usesThis ? ["this"] : []), ...(cx.usesArguments ? ["arguments"] : [])];
  const last = new Set([...(o.handedOn ?? []), o.prologue?.args].map((name) => slots.get(name ?? "")));
  const [kept, handedOn] = [false, true].map((is) =>
    locals.map(([slot]) => slot).filter((slot) => last.has(slot) === is),
  );
  const all = [...own, ...kept!, ...cx.temps.names, ...handedOn!];
  const declarations = assemble(cx, names, o.id, all, body.directives);
  return {
    declarations,
    ...wrapper(cx, fn, o, names, params, early, body.directives),
    slots: all,
    locals,
    awaits: cx.points.map(({ label, kind, node, temps }) => ({ label: label.id, kind, node, temps })),
    ways: cx.ways.map((ways) => [...ways].map(([label, meaning]) => [label.id, meaning])),
  };
}

function bodyOf(fn: Suspendable): t.BlockStatement {
  if (t.isBlockStatement(fn.body)) return fn.body;
  const result = t.returnStatement(fn.body);
  result.loc = fn.body.loc ?? null;
  return t.blockStatement([result]);
}

function noTemplates(): never {
  throw new Error("a tagged template that suspends needs options.templateId");
}

/** Names that no identifier of the function has; slots are properties and do not count. */
function machineNames(o: SuspendableOptions, nodes: readonly t.Node[]): MachineNames {
  const taken = new Set<string>([...(o.captures ?? []), o.kit]);
  for (const node of nodes) {
    t.traverseFast(node, (inner) => {
      if (t.isIdentifier(inner)) taken.add(inner.name);
    });
  }
  const free = (wanted: string): string => {
    let name = wanted;
    while (taken.has(name)) name += "$";
    taken.add(name);
    return name;
  };
  return { frame: free("$"), value: free("v"), mode: free("m"), error: free("e"), loop: free("next"), kit: o.kit };
}
