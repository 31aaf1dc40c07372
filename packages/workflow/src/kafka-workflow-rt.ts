// Owns what a workflow written for awto/kafka-workflow imports, on the API of @kwf/workflow: `kwf build` answers
// `@effectful/kafka-workflow-rt` (and `@effectful/kafka-workflow`, its name before) with this module.
// Neighbour: packages/compiler/src/workflow-module.ts has the alias; docs/migrating.md tells users what differs.
//
// I1. Workflow code: nothing here knows the runtime, and no state of this module changes after it was loaded.
// I2. What only a host calls, or what would have to do something else than its name says, throws and says what to do.
import {
  CancellationScope,
  CancelToken,
  cancelScope as cancelScopeOfKwf,
  declareTopic,
  ensureThread as ensureThreadOfKwf,
  output,
  outputJSON,
  type Ref as RefOfKwf,
  ref,
  refId,
  stepId,
  threadId,
  withCancellationScope,
} from "@kwf/workflow";

export { Promise } from "@kwf/workflow";
export { CancellationScope, CancelToken, output, outputJSON, ref, refId, stepId, threadId, withCancellationScope };

/** A topic that is added is declared, as by `manifest.outputTopics`. */
class OutputTopics extends Set<string> {
  override add(topic: string): this {
    declareTopic(topic);
    return super.add(topic);
  }
}

const fixedTopic = (name: "resultTopic" | "errorTopic", topic: string) => ({
  enumerable: true,
  get: () => topic,
  set(wanted: unknown) {
    if (wanted === topic) return;
    throw new TypeError(
      `config.${name} cannot be ${JSON.stringify(wanted)}: kwf writes to ${topic}, and --prefix goes before every topic`,
    );
  },
});

export const config: { outputTopics: Set<string>; resultTopic: string; errorTopic: string } = Object.defineProperties(
  { outputTopics: new OutputTopics() } as { outputTopics: Set<string>; resultTopic: string; errorTopic: string },
  {
    resultTopic: fixedTopic("resultTopic", "workflow-result"),
    errorTopic: fixedTopic("errorTopic", "workflow-error"),
  },
);

/** Something to await: `await suspend("approval")`. Without an id it has one of its own, `<step>:suspend:<n>`. */
// biome-ignore lint/suspicious/noExplicitAny: what answers is not typed there either
export function suspend(id?: string): RefOfKwf<any> {
  return id === undefined ? ref("suspend") : refId(id);
}

/** To be awaited: `await wait(promise)`. */
export function wait<T>(value: PromiseLike<T> | T): Promise<T> {
  return Promise.resolve(value);
}

export function ensureThread(value: unknown, key: string = threadId): void {
  ensureThreadOfKwf(value, key);
}

export function cancelScope(scope: CancellationScope | undefined): Promise<void> {
  return scope === undefined ? Promise.resolve() : cancelScopeOfKwf(scope);
}

export interface Ref<T = unknown> extends RefOfKwf<T> {}

/** For `instanceof`, and for `new Ref(id, key)`. */
export const Ref = class Ref {
  constructor(id?: string, key?: string) {
    // biome-ignore lint/correctness/noConstructorReturn: refs are made by functions
    return id === undefined ? ref() : refId(id, key);
  }
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Promise && (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === "Ref";
  }
};

export { Ref as Suspended, Ref as Suspension };

// ------------------------------------------------------------------------------- names of its first release

export const allWithCancel = <T>(values: Iterable<T>) => Promise.all(values);
export const anyWithCancel = <T>(values: Iterable<T>) => Promise.race(values);

/** As `Promise.all`; who still waits when one fails is left alone. */
export function all<T>(values: Iterable<T>): Promise<Awaited<T>[]> {
  const branches = Array.from(values, (value) => Promise.resolve(value));
  return new Promise((resolve, reject) => {
    for (const branch of branches) branch.catch(reject);
    Promise.allSettled(branches).then((settled) =>
      resolve(settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))),
    );
  });
}

/** As `Promise.race`; who still waits is left alone. */
export function any<T>(values: Iterable<T>): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    for (const value of values) Promise.resolve(value).then(resolve, reject);
  });
}

/** Cancels what `value` waits for, unless somebody else awaits it too; over when its cleanup is. */
export async function cancel(value: unknown): Promise<void> {
  await Promise.race([undefined, value]);
}

// ------------------------------------------------------------------------------------------ not for workflows

const absent = (name: string, advice: string) => (): never => {
  throw new Error(`${name} of @effectful/kafka-workflow-rt does not exist in kwf: ${advice}`);
};
const HOST = "kwf hosts the workflow; build the module that exports it";
const SCOPE = "keep the CancellationScope in a variable, or catch CancelToken at the await";

export const step = absent("step", HOST);
export const drainOutputs = absent("drainOutputs", HOST);
export const installWorkflowHost = absent("installWorkflowHost", HOST);
export const currentCancellationScope = absent("currentCancellationScope", SCOPE);
export const addCanceler = absent("addCanceler", SCOPE);
export const removeCanceler = absent("removeCanceler", SCOPE);
