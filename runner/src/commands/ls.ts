import { Command } from "commander";
import { THREAD_STATES } from "../admin/thread-filter.js";
import { filterOf, withFilterOptions } from "./filter-options.js";
import { withOperatorOptions } from "./operator-options.js";

export function lsCommand(): Command {
  return withOperatorOptions(withFilterOptions(new Command("ls")))
    .description("list threads: their state, since when, and what they wait for")
    .option("--all", "those that have ended too, as long as they are remembered (kwf run --keep-finished)")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
The thread with the last step comes first; with --idle the one that has had none for the longest.
The runners are asked; for partitions where none answers, the topics are read, which takes longer.

Examples:
  kwf ls
  kwf ls --waiting approval --idle 1d
  kwf ls --state failed,cancelled --since 1h --json

Exit codes: 0 listed, 1 nobody could be asked, 2 wrong usage.`,
    )
    .action(async ({ all, json, ...flags }) => {
      const { filter, limit, rest } = filterOf(flags);
      const { listThreads } = await import("../verbs/list-threads.js");
      const state = all === true && filter.state === undefined ? { state: THREAD_STATES } : {};
      await listThreads({ ...filter, ...state }, { limit, json: json === true }, rest);
    });
}
