import { Command } from "commander";
import { clockOf } from "../clock.js";
import { parseDuration } from "../terminal/duration.js";
import { limitOf } from "./filter-options.js";
import { withOperatorOptions } from "./operator-options.js";

/** `kwf scheduler ls` */
export function schedulerLsCommand(): Command {
  return withOperatorOptions(new Command("ls"))
    .description("list the timers that have not fired, what is due first at the top")
    .option("--thread <id>", "only of this thread")
    .option("--due-in <duration>", "only those due within so long: 10m, 1d")
    .option("--limit <n>", "not more than so many")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Examples:
  kwf scheduler ls --due-in 10m
  kwf scheduler ls --thread order-1 --json

Exit codes: 0 listed, 1 nobody could be asked, 2 wrong usage.`,
    )
    .action(async (_flags, command: Command) => {
      // With what was said before \`ls\`: --brokers and the like are options of \`kwf scheduler\` too.
      const { thread, dueIn, limit, json, ...rest } = command.optsWithGlobals();
      const { listTimers } = await import("../verbs/list-timers.js");
      const filter = {
        ...(thread === undefined ? {} : { thread }),
        ...(dueIn === undefined ? {} : { dueBefore: clockOf(rest).now() + parseDuration(dueIn, "--due-in") }),
      };
      await listTimers(filter, limitOf(limit), json === true, rest);
    });
}
