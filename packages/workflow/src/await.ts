// Owns `await` (ECMA-262 27.7.5.3): suspends a frame until a value's promise has settled.
// Neighbours: frame.ts resumes it; async-generator.ts waits the same way.
//
// I1. Awaiting an ordinary durable promise, or a value that is no thenable, takes one tick; any other thenable three.
// I2. `value.constructor` of a promise and `value.then` of any other object are looked up once, as PromiseResolve does;
//     what they throw is thrown at the await, before the frame is suspended.
import { intrinsicPromise } from "./capability.js";
import { type Frame, FrameMark, promiseOf } from "./frame.js";
import { enqueue } from "./jobs.js";
import { FULFILLED, isObject, promiseState } from "./promise-state.js";
import { promiseFor, ReactionJob, subscribe } from "./reaction.js";
import { currentScope } from "./scope-slot.js";

let onAwait: (frame: Frame) => void = () => {};
/** cancellation.ts looks at every frame that is about to wait. */
export const setOnAwait = (listener: typeof onAwait): void => {
  onAwait = listener;
};

/** Kit: suspends `frame` at its label until `value` has settled. */
export function awaitValue(frame: Frame, value: unknown): void {
  promiseOf(frame);
  const slot = frame._c;
  if (!(slot instanceof FrameMark)) frame._c = currentScope();
  onAwait(frame);
  if (!isObject(value)) {
    enqueue(new ReactionJob(frame, FULFILLED, value));
    return;
  }
  const state = promiseState(value);
  if (state !== undefined && (value as { constructor?: unknown }).constructor === intrinsicPromise) {
    subscribe(value, state, frame);
    return;
  }
  const promise = promiseFor(value);
  subscribe(promise, promiseState(promise)!, frame);
}
