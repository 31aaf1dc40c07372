import { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

export function runCommand(): Command {
  return withKafkaOptions(new Command("run"))
    .description(
      "run workflows on Kafka: restore the threads of this runner's partitions and continue them, record by record",
    )
    .argument("<bundle>", "a file that `kwf build` made; new threads start on it")
    .option("--state-dir <dir>", "where the threads' states are kept; can be lost (default: .kwf/<prefix><group>)")
    .option("--create-topics", "create the topics that are missing")
    .option("--partitions <n>", "of topics that are created (default: 8)")
    .option("--replicas <n>", "of topics that are created (default: the cluster's)")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .option("--step-timeout <ms>", "stop a step that runs longer and pause its thread; 0 for no limit (default: 10000)")
    .option("--step-memory <mb>", "memory that steps may use together (default: 1024)")
    .option("--step-threads <n>", "how many steps run side by side (default: one core is left free, at most 4)")
    .option("--max-held <n>", "records that wait for a paused thread; more become dead letters (default: 1000)")
    .option("--on-duplicate-start <what>", "what new: does to a thread that runs: reject (default) or restart")
    .option("--idempotency-window <ms>", "so long after its end a thread is not started again (default: 0)")
    .option("--max-batch <n>", "records in one transaction (default: 500)")
    .option("--admin-host <host>", 'where /healthz, /readyz and /metrics are served (default: "127.0.0.1")')
    .option("--admin-port <port>", "default: 8484, or a free one if that is taken")
    .option("--advertise <address>", "HOST:PORT at which other machines reach this runner's HTTP")
    .option("--session-timeout <ms>", "the group gives a runner up that it did not hear of for so long (default: 6000)")
    .option("--log-level <level>", "trace, debug, info, warn, error (default: info)")
    .option("--accept-loss", "go on although records or states are lost, instead of stopping")
    .option("--second-group", "run although another group of runners is at work on the same topics")
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
      const { runBundle } = await import("../run-bundle.js");
      await runBundle(file, flags);
    });
}
