import { Command, CommanderError } from "commander";
import { buildCommand } from "./commands/build.js";
import { lsCommand } from "./commands/ls.js";
import { resumeCommand } from "./commands/resume.js";
import { runCommand } from "./commands/run.js";
import { showCommand } from "./commands/show.js";
import { simulateCommand } from "./commands/simulate.js";
import { startCommand } from "./commands/start.js";
import { topicsCommand } from "./commands/topics.js";
import { ExitCode } from "./exit-code.js";
import { UsageError } from "./usage-error.js";

const program = new Command("kwf")
  .description("Plain async TypeScript as durable workflows.")
  .version("0.1.0")
  .showHelpAfterError("(kwf --help shows the usage)")
  .addCommand(buildCommand())
  .addCommand(simulateCommand())
  .addCommand(runCommand())
  .addCommand(startCommand())
  .addCommand(resumeCommand())
  .addCommand(lsCommand())
  .addCommand(showCommand())
  .addCommand(topicsCommand())
  .exitOverride()
  .addHelpText(
    "after",
    `
Exit codes:
  0  done
  1  the program or its data are at fault: diagnostics, unreadable records, an unknown thread
  2  the command line is at fault
`,
  );
for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride().showHelpAfterError(`(kwf ${command.name()} --help shows the usage)`);

// A reader that closes the pipe early (head, a driver that has seen enough) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? ExitCode.done : ExitCode.failed),
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else if (error instanceof UsageError) {
    console.error(`kwf: ${error.message}`);
    process.exitCode = error.exitCode;
  } else throw error;
}
