import type { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

/** What every command that becomes a runner shares, whatever it runs. */
export function withRunnerOptions(command: Command): Command {
  return withKafkaOptions(command)
    .option("--state-dir <dir>", "a copy of the changelog; can be lost (default: .kwf/<prefix><group>)")
    .option("--create-topics", "create the topics that are missing")
    .option("--partitions <n>", "of topics that are created (default: 8)")
    .option("--replicas <n>", "of topics that are created (default: the cluster's)")
    .option("--max-batch <n>", "records in one transaction (default: 500)")
    .option("--admin-host <host>", 'where the admin HTTP is served (default: "127.0.0.1")')
    .option("--admin-port <port>", "default: 8484, or a free one if that is taken")
    .option(
      "--admin-token <text>",
      "who asks has to show it; other hosts than this machine are not answered without one",
    )
    .option("--advertise <address>", "HOST:PORT at which other machines reach this runner's HTTP")
    .option("--session-timeout <ms>", "the group gives a runner up that it did not hear of for so long (default: 6000)")
    .option("--log-level <level>", "trace, debug, info, warn, error (default: info)")
    .option("--accept-loss", "go on although records or states are lost, instead of stopping")
    .option("--second-group", "run although another group of runners is at work on the same topics");
}
