// Everything the engine can refuse with. `code` is stable and listed in docs/errors.md; the message says what to do.

export abstract class EngineError extends Error {
  abstract readonly code: string;
}

/** The file is no bundle, or one that another release has made in a way this one cannot read. */
export class BundleFormatError extends EngineError {
  readonly code = "KWF_BUNDLE_FORMAT";
  override readonly name = "BundleFormatError";
}

/** The bundle's own top-level code threw, or did not end within the time limit. */
export class BundleLoadError extends EngineError {
  readonly code = "KWF_BUNDLE_LOAD";
  override readonly name = "BundleLoadError";
}

/** State bytes that no release of the engine has written, or that were cut. */
export class StateFormatError extends EngineError {
  readonly code = "KWF_STATE_FORMAT";
  override readonly name = "StateFormatError";
}

/** The continuation belongs to another bundle than the one the step was given. */
export class ForeignBundleError extends EngineError {
  readonly code = "KWF_FOREIGN_BUNDLE";
  override readonly name = "ForeignBundleError";

  constructor(
    readonly expected: string,
    readonly given: string,
  ) {
    super(
      `the thread was suspended by bundle ${expected}, and this is bundle ${given}: run it with the bundle it was started on, or keep that bundle's file beside the state`,
    );
  }
}

/** The continuation has no unambiguous counterpart in the other bundle: it stays as it is. */
export class MoveRefusedError extends EngineError {
  readonly code = "KWF_MOVE_REFUSED";
  override readonly name = "MoveRefusedError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("; "));
  }
}

/** What was given as a map of names is none. */
export class NameMapError extends EngineError {
  readonly code = "KWF_NAME_MAP";
  override readonly name = "NameMapError";
}

export class StepTimeoutError extends EngineError {
  readonly code = "KWF_STEP_TIMEOUT";
  override readonly name = "StepTimeoutError";

  constructor(milliseconds: number) {
    super(
      `the step ran longer than ${milliseconds} ms and was stopped: look for a loop that never awaits, or raise --step-timeout`,
    );
  }
}

/** The bundle's runtime could not complete the step; `code` is the runtime's own (KWF_UNSERIALIZABLE, KWF_UNDECLARED_TOPIC, …). */
export class StepFailedError extends EngineError {
  override readonly name = "StepFailedError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a paused thread keeps of an error, and `workflow-status` and `--report` show. */
export interface ErrorReport {
  code: string;
  message: string;
}
