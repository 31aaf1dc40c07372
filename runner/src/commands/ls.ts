import { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

export function lsCommand(): Command {
  return withKafkaOptions(new Command("ls"))
    .description("list threads and what has become of them, from workflow-status")
    .option("--state <state>", "only those: running, paused, completed, failed or cancelled; more than one with commas")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Example:
  kwf ls --state running,paused

Exit codes: 0 listed, 1 Kafka could not be asked, 2 wrong usage.`,
    )
    .action(async (flags) => {
      const { listThreads } = await import("../thread-list.js");
      await listThreads(flags);
    });
}
