import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function historyCommand(): Command {
  return withOperatorOptions(new Command("history"))
    .description("print what happened to a thread, as the topics still tell it")
    .argument("<thread>", "thread id")
    .option("--all", "every run that is still there (default: the last)")
    .option("--topics <names>", "look for outputs there (default: what the published bundles declare; *: every topic)")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Examples:
  kwf history trip-1
  kwf history trip-1 --all --topics reserve-car,cancel-car

Exit codes: 0 printed, 1 nothing is left of such a thread or nobody could be asked, 2 wrong usage.`,
    )
    .action(async (thread: string, { all, topics, json, ...flags }) => {
      const { showHistory } = await import("../verbs/show-history.js");
      const query = { all: all === true, ...(topics === undefined ? {} : { topics: (topics as string).split(",") }) };
      await showHistory(thread, query, json === true, flags);
    });
}
