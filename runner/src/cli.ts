import { CommanderError } from "commander";
import { ExitCode } from "./exit-code.js";
import { makeProgram } from "./program.js";
import { sayError } from "./terminal/said-error.js";
import { UsageError } from "./usage-error.js";

// A reader that closes the pipe early (head, a driver that has seen enough) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? ExitCode.done : ExitCode.failed),
);

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else if (error instanceof UsageError) {
    sayError(error);
    process.exitCode = error.exitCode;
  } else throw error;
}
