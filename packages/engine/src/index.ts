export { Bundle, type BundleOptions, loadBundle, type Manifest } from "./bundle.js";
export { type Command, type ControlOp, parseCommand } from "./command.js";
export {
  type Continuation,
  type FrameData,
  type PendingRef,
  readContinuation,
  type StackEntry,
} from "./continuation.js";
export * from "./errors.js";
export { type NextStep, type Received, receive } from "./inbox.js";
export type { BundleMetadata, FunctionInfo } from "./metadata.js";
export { BundleDiff, type Outcome, type SuspendedPoint, type ThreadPoints } from "./move/bundle-diff.js";
export { carry } from "./move/carry.js";
export type { FrameMove } from "./move/frame-move.js";
export type { InstanceMove } from "./move/instances.js";
export { type BundleLike, type Moved, moveByNames, moveUnchanged } from "./move/move.js";
export { checkNameMap, type NameMap } from "./move/name-map.js";
export { type PauseReason, pauseReason, type StatusChange, statusRecord } from "./outcome-records.js";
export {
  DEAD_LETTER_TOPIC,
  ERROR_TOPIC,
  type Headers,
  type InputRecord,
  type OutputRecord,
  RESULT_TOPIC,
  RESUME_TOPIC,
  STATUS_TOPIC,
} from "./record.js";
export { type Routed, type RouteOptions, route } from "./route.js";
export { type StackLinesOptions, stackLines } from "./stack-lines.js";
export { type StepOptions, type StepResult, step } from "./step.js";
export type { ConsoleLine, Fate, Microseconds, ThreadStatus, WorkflowError } from "./step-result.js";
export {
  bundleOf,
  decodeState,
  encodeState,
  type Failure,
  type HeldRecord,
  hold,
  type Pause,
  type ThreadState,
} from "./thread-state.js";
