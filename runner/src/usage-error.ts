import { ExitCode } from "./exit-code.js";

/** Ends a command with a message for its user instead of a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(
    message: string,
    readonly exitCode: number = ExitCode.usage,
  ) {
    super(message);
  }
}

/** A file that could not be read or written, in the user's words. */
export function fileProblem(action: string, file: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "permission denied" : message;
  return new UsageError(`cannot ${action} ${file}: ${reason}`);
}
