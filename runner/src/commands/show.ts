import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function showCommand(): Command {
  return withOperatorOptions(new Command("show"))
    .description("print what a suspended thread waits for, and where in the source; no workflow code runs")
    .argument("<thread>", "thread id")
    .option("--state <dir>", "ask the directory that `kwf simulate --state` keeps")
    .option("--ref <ref>", "only what waits for this ref, by its id or its name")
    .option("--json", "print one JSON object, with everything that variables hold")
    .addHelpText(
      "after",
      `
Examples:
  kwf show trip-1
  kwf show trip-1 --ref approval
  kwf show trip-1 --json | jq -r '.pending[].id'
  kwf simulate dist/bundle.js --state .state < records.jsonl && kwf show --state .state trip-1

Exit codes: 0 shown, 1 there is no such thread or nobody could be asked, 2 wrong usage.`,
    )
    .action(async (thread: string, { state, json, ref, ...flags }) => {
      const { showThread } = await import("../verbs/show-thread.js");
      await showThread(thread, { directory: state, json: json === true, ref }, flags);
    });
}
