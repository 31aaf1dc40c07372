// Owns the table of what `@kwf/workflow` exports inside a bundle. What changes from step to step is an accessor here; in
// the bundle it becomes a variable that `live` sets before each step.
// Neighbour: index.ts types the same names for editors and for tests outside of a bundle.
import { CancellationScope, CancelToken, cancelScope, withCancellationScope } from "./cancellation.js";
import { declareTopic, ensureThread, output, outputJSON } from "./output.js";
import { apply, mapList } from "./pristine.js";
import { Promise as DurablePromise } from "./promise.js";
import { ref, refId } from "./ref.js";
import { currentStep } from "./thread.js";

export const api = {
  ref,
  refId,
  output,
  outputJSON,
  ensureThread,
  declareTopic,
  CancelToken,
  CancellationScope,
  withCancellationScope,
  cancelScope,
  Promise: DurablePromise,
  get threadId(): string {
    return currentStep().threadId;
  },
  get stepId(): string {
    return currentStep().stepId;
  },
  get config(): unknown {
    return currentStep().config;
  },
};

const { getOwnPropertyDescriptor, keys } = Object;
const accessors: (() => unknown)[] = [];
for (const name of keys(api)) {
  const { get } = getOwnPropertyDescriptor(api, name)!;
  if (get !== undefined) accessors.push(get);
}
const atLoad = mapList(accessors, (get) => apply(get, api, []));
let listener: ((...values: unknown[]) => void) | undefined;

/** Kit: the bundle's module `@kwf/workflow` learns the present values of the accessors, in the order of their names. */
export function live(set: (...values: unknown[]) => void): void {
  listener = set;
  refreshLive();
}

/** Until `refreshLive`, what module code sees while the bundle is loaded. */
export function liveAsLoaded(): void {
  if (listener !== undefined) apply(listener, undefined, atLoad);
}

/** Called when a step begins. */
export function refreshLive(): void {
  if (listener === undefined) return;
  apply(
    listener,
    undefined,
    mapList(accessors, (get) => apply(get, api, [])),
  );
}
