import type { Command } from "commander";

/** What every command that reaches Kafka shares. */
export function withKafkaOptions(command: Command, group = "--group <id>"): Command {
  return command
    .option("--brokers <list>", 'HOST:PORT, more than one with commas (default: "localhost:9092")')
    .option(group, 'name of the group of runners (default: "kwf")')
    .option("--prefix <text>", "goes before the name of every topic")
    .option("--properties <file>", "settings, TLS and SASL among them (default: kwf.properties, if it is there)");
}
