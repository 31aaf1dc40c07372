import { ExitCode } from "./exit-code.js";

/** Ends a command with a message for its user instead of a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(
    message: string,
    readonly exitCode: number = ExitCode.usage,
    /** Stable, where there is one: docs/errors.md. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** An error that has a code, in the words of a command. */
export function codedError(
  { message, code }: { readonly message: string; readonly code: string },
  exitCode: number = ExitCode.failed,
): UsageError {
  return new UsageError(`${message} [${code}]`, exitCode, code);
}

/** A file that could not be read or written, in the user's words. */
export function fileProblem(action: string, file: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "permission denied" : message;
  return new UsageError(`cannot ${action} ${file}: ${reason}`);
}
