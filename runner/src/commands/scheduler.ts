import { Command } from "commander";
import { withRunnerOptions } from "./runner-options.js";
import { schedulerLsCommand } from "./scheduler-ls.js";

export function schedulerCommand(): Command {
  return withRunnerOptions(new Command("scheduler"))
    .addCommand(schedulerLsCommand())
    .description("fire timers, and run no threads; `kwf run` does this too, unless it is told --no-scheduler")
    .addHelpText(
      "after",
      `
A record on workflow-scheduler with the key <thread>|<payload> sets a timer: milliseconds, or @<ms since 1970>.
0, or no value, takes it back. When it is due, <payload> is written to workflow-resume for <thread>.

Example:
  kwf scheduler --create-topics
  kwf run dist/bundle.js --no-scheduler

Exit codes: 0 stopped as asked, 1 something is wrong around it (the message says what), 2 wrong usage.`,
    )
    .action(async (flags) => {
      const { runScheduler } = await import("../runner/run-scheduler.js");
      await runScheduler(flags);
    });
}
