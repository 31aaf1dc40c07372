// The commands, put together: what `kwf --help` lists, in the order in which a new user meets them.

import { Command } from "commander";
import { buildCommand } from "./commands/build.js";
import { bundlesCommand } from "./commands/bundles.js";
import { completionCommand } from "./commands/completion.js";
import { controlCommand } from "./commands/control.js";
import { devCommand } from "./commands/dev.js";
import { diffCommand } from "./commands/diff.js";
import { dlqCommand } from "./commands/dlq.js";
import { doctorCommand } from "./commands/doctor.js";
import { historyCommand } from "./commands/history.js";
import { initCommand } from "./commands/init.js";
import { lsCommand } from "./commands/ls.js";
import { moveCommand } from "./commands/move.js";
import { resumeCommand } from "./commands/resume.js";
import { runCommand } from "./commands/run.js";
import { schedulerCommand } from "./commands/scheduler.js";
import { showCommand } from "./commands/show.js";
import { simulateCommand } from "./commands/simulate.js";
import { startCommand } from "./commands/start.js";
import { topicsCommand } from "./commands/topics.js";
import { ownVersion } from "./init/project-manifest.js";
import { asJson, sayError } from "./terminal/said-error.js";
import { VERBS } from "./verbs/control.js";

export function makeProgram(): Command {
  const program = new Command("kwf")
    .description("Plain async TypeScript as durable workflows.")
    .version(ownVersion())
    .addHelpCommand(new Command("help").argument("[command]").description("the same as --help").helpGroup(LAST))
    .exitOverride();
  const add = (group: string, ...commands: readonly Command[]) => {
    for (const command of commands) program.addCommand(command.helpGroup(group));
  };
  add("Write:", initCommand(), devCommand(), buildCommand(), simulateCommand());
  add("Run:", runCommand(), schedulerCommand(), topicsCommand(), doctorCommand());
  add(
    "Threads:",
    startCommand(),
    resumeCommand(),
    lsCommand(),
    showCommand(),
    historyCommand(),
    ...VERBS.map(controlCommand),
  );
  add("Around them:", diffCommand(), moveCommand(), bundlesCommand(), dlqCommand());
  add(LAST, completionCommand(program));
  program.addHelpText("after", EXIT_CODES);
  for (const command of below(program)) command.helpCommand(false).exitOverride();
  for (const command of [program, ...below(program)]) {
    if (asJson()) command.configureOutput({ outputError: (text) => sayError({ message: errorIn(text) }) });
    else command.showHelpAfterError(`(${pathOf(command)} --help shows the usage)`);
  }
  return program;
}

const errorIn = (text: string): string => text.trim().replace(/^error: /, "");

const LAST = "This program:";

/** Every command below this one. */
export const below = (command: Command): Command[] => command.commands.flatMap((one) => [one, ...below(one)]);

export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

const EXIT_CODES = `
Exit codes:
  0    done
  1    the program, its data or what is around it are at fault; nothing of that name; the answer was no
  2    the command line is at fault
  3    start --wait: the workflow failed
  4    start --wait: it was cancelled
  5    start --wait: it never began, or was removed
  130  Ctrl-C
`;
