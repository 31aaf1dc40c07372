import { Command, Option } from "commander";
import { withRunnerOptions } from "./runner-options.js";

export function runCommand(): Command {
  // Both --scheduler and --no-scheduler: without either of them the environment and the file decide.
  return withRunnerOptions(new Command("run"))
    .description(
      "run workflows on Kafka: restore the threads of this runner's partitions and continue them, record by record",
    )
    .argument("<bundle>", "a file that `kwf build` made; new threads start on it")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .option("--step-timeout <ms>", "stop a step that runs longer and pause its thread; 0 for no limit (default: 10000)")
    .option("--step-memory <mb>", "memory that steps may use together (default: 1024)")
    .option("--step-threads <n>", "how many steps run side by side (default: one core is left free, at most 4)")
    .option(
      "--move <when>",
      "threads of other bundles move to this one where nothing that they refer to has changed: auto (default) or never",
    )
    .option("--max-held <n>", "records that wait for a paused thread; more become dead letters (default: 1000)")
    .option("--on-duplicate-start <what>", "what new: does to a thread that runs: reject (default) or restart")
    .option("--idempotency-window <ms>", "so long after its end a thread is not started again (default: 0)")
    .option("--keep-finished <duration>", "so long it can be seen what became of a thread (default: 7d)")
    .addOption(new Option("--scheduler").hideHelp())
    .option("--no-scheduler", "leave timers to others: to `kwf scheduler`, or to runners that have one inside")
    .addHelpText(
      "after",
      `
Every option can also stand in the properties file (state.dir=…) or in the environment (KWF_STATE_DIR).

Example:
  kwf run dist/bundle.js --create-topics
  kwf start order-1 '{"name":"world"}'

Ends with SIGTERM or SIGINT: the batch at hand is finished and committed, the group is left.
Exit codes: 0 stopped as asked, 1 something is wrong around it (the message says what), 2 wrong usage.`,
    )
    .action(async (file: string, flags) => {
      // What it needs takes longer to load than the other commands take to run.
      const { runBundle } = await import("../runner/run-bundle.js");
      await runBundle(file, flags);
    });
}
