import { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

export function devCommand(): Command {
  return withKafkaOptions(new Command("dev"))
    .description("build a workflow, run it on a log of its own, and build it again when its files change")
    .argument("<entry>", "the file that exports the workflow")
    .option("--state-dir <dir>", "where records and states are kept between two calls (default: .kwf/dev)")
    .option("--partitions <n>", "of topics that are created (default: 1)")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .option("--step-timeout <ms>", "stop a step that runs longer and pause its thread; 0 for no limit (default: 10000)")
    .option("--admin-host <host>", 'where HTTP is served (default: "127.0.0.1")')
    .option("--admin-port <port>", "default: 8484, or a free one if that is taken")
    .option("--no-scheduler", "timers stay where they are")
    .option(
      "--log-level <level>",
      "of the runner's own log, on stderr: trace, debug, info, warn, error (default: warn)",
    )
    .addHelpText(
      "after",
      `
Needs no Kafka: records go through a log on this machine's disk. With --brokers it uses a real one. Threads live on between two calls.
Services in any language take part over HTTP:
  curl -d '{"key":"order-1","value":"new:{}"}' localhost:8484/topics/workflow-resume
  curl 'localhost:8484/topics/workflow-result?from=earliest&wait=30000'

Example:
  kwf dev src/index.ts
  kwf start order-1 '{"name":"world"}'

Ends with Ctrl-C. Exit codes: 0 stopped as asked, 1 something is wrong around it (the message says what), 2 wrong usage.`,
    )
    .action(async (entry: string, flags) => {
      const { dev } = await import("../dev/dev.js");
      await dev(entry, flags);
    });
}
