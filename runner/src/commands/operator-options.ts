import type { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

/** What every command shares that reaches threads, wherever they are. */
export function withOperatorOptions(command: Command, group?: string): Command {
  return withKafkaOptions(command, group)
    .option(
      "--dev [dir]",
      'ask the `kwf dev` of that directory, or the log in it (default: ".kwf/dev", if one runs there and no brokers are given)',
    )
    .option("--admin-token <text>", "of the runners that are asked");
}
