// How a run can end, or not end, for somebody who waits for it. `code` is stable and listed in docs/errors.md.

export abstract class RunError extends Error {
  abstract readonly code: string;

  constructor(
    message: string,
    readonly thread: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** What the workflow threw: `error` is its text, as on `workflow-error`. */
export class RunFailed extends RunError {
  readonly code = "KWF_FAILED";
  constructor(
    thread: string,
    readonly error: string,
    /** What is known of it, if it was an Error. */
    readonly details: { readonly name?: string; readonly message?: string; readonly stack?: string },
  ) {
    super(`${thread} failed: ${error}`, thread);
  }
}

export class RunCancelled extends RunError {
  readonly code = "KWF_CANCELLED";
  constructor(
    thread: string,
    readonly reason: string,
  ) {
    super(`${thread} was cancelled: ${reason}`, thread);
  }
}

/** There is a thread of that id already; `ifRunning: "use"` waits for that one. */
export class AlreadyRunning extends RunError {
  readonly code = "KWF_ALREADY_RUNNING";
}

/** The start became a dead letter for another reason: `reason` as in docs/errors.md. */
export class StartRefused extends RunError {
  readonly code = "KWF_START_REFUSED";
  constructor(
    thread: string,
    readonly reason: string,
    message: string,
  ) {
    super(`${thread} was not started: ${message} [${reason}]`, thread);
  }
}

/** Somebody deleted the thread. */
export class RunRemoved extends RunError {
  readonly code = "KWF_REMOVED";
}

/** Only the waiting is over: the run goes on, and can be waited for again. */
export class ResultTimeout extends RunError {
  readonly code = "KWF_RESULT_TIMEOUT";
}

/** The client was closed, or cannot read: what becomes of the run is not known here. */
export class WaitEnded extends RunError {
  readonly code = "KWF_WAIT_ENDED";
}
