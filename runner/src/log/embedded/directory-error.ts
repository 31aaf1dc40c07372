// What can be wrong with the directory of a log, in words of its own: what is lost with a log comes back from nowhere, so that
// nothing is ever rebuilt or thrown away here. Beside them: StoreUnavailable, where the native part cannot be loaded.

import { problemOf } from "../../store/rocksdb/problem.js";
import {
  type Holder,
  holderText,
  StoreDamaged,
  StoreDiskFull,
  StoreForeign,
  StoreFormatUnknown,
  StoreIOError,
  StoreLocked,
} from "../../store/store-error.js";
import { LogError, LogUnavailable, RecordUnreadable } from "../errors.js";

/** Another process, or something else in this one, has it open. */
export class LogLocked extends LogError {
  readonly code = "log-locked";

  constructor(
    readonly directory: string,
    readonly holder: Holder | undefined,
    options?: ErrorOptions,
  ) {
    super(
      `the log in ${directory} is in use by ${holder === undefined ? "another process" : holderText(holder)}: one process at a time can open it`,
      options,
    );
  }
}

/** Something else lives in the directory; it was left as it is. */
export class LogForeign extends LogError {
  readonly code = "log-foreign";
}

/** Bytes on the disk are not what was written there. */
export class LogDamaged extends LogError {
  readonly code = "log-damaged";

  constructor(
    readonly directory: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the log in ${directory} is damaged (${reason}): bring back a copy of the directory, or begin with an empty one`,
      options,
    );
  }
}

/** Another release has written it. */
export class LogFormatUnknown extends LogError {
  readonly code = "log-format";
}

/** The error of the layers below, as one of the log. */
export function logErrorOf(directory: string, error: unknown): Error {
  if (error instanceof LogError) return error;
  const problem = problemOf(directory, error);
  const options = { cause: error };
  if (problem instanceof StoreLocked) return new LogLocked(directory, problem.holder, options);
  if (problem instanceof StoreForeign) {
    return new LogForeign(
      `${directory} holds no log of kwf, but ${problem.found}: give an empty directory, or one that does not exist yet`,
      options,
    );
  }
  if (problem instanceof StoreDamaged) return new LogDamaged(directory, problem.reason, options);
  if (problem instanceof StoreFormatUnknown) {
    return new LogFormatUnknown(
      `what lies in ${directory} has format ${problem.found}, and this release of kwf reads logs of format ${problem.supported}: a directory of its own for the log, or the release that wrote it`,
      options,
    );
  }
  if (problem instanceof StoreDiskFull || problem instanceof StoreIOError) {
    const why = problem.message.replace(/^the state/, "the log");
    return new LogUnavailable(why, options);
  }
  return problem;
}

/** What a read of batches met. */
export function readErrorOf(directory: string, error: unknown): Error {
  const problem = logErrorOf(directory, error);
  return problem instanceof LogDamaged ? new RecordUnreadable(problem.message, { cause: error }) : problem;
}
