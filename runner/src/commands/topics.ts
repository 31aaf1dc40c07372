import { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

export function topicsCommand(): Command {
  const topics = new Command("topics").description(
    "the topics that a runner needs: create what is missing, check what is there",
  );
  topics.addCommand(
    withKafkaOptions(new Command("create"))
      .description("create the topics that are missing; what is there stays as it is")
      .argument("[bundle]", "also those of this bundle's manifest")
      .option("--partitions <n>", "of every topic that may have any number (default: 8, or as workflow-resume has)")
      .option("--replicas <n>", "copies of each partition (default: the cluster's)")
      .option("--json", "print one JSON object")
      .addHelpText(
        "after",
        `
Example:
  kwf topics create dist/bundle.js --partitions 16 --replicas 3

Exit codes: 0 all topics are as they have to be, 1 some are not, 2 wrong usage.`,
      )
      .action(async (bundle: string | undefined, flags) => {
        const { createTopics } = await import("../topics/topics-report.js");
        await createTopics(bundle, flags);
      }),
  );
  topics.addCommand(
    withKafkaOptions(new Command("check"))
      .description("compare the topics with what a runner needs; nothing is changed")
      .argument("[bundle]", "also those of this bundle's manifest")
      .option("--json", "print one JSON object")
      .addHelpText(
        "after",
        `
Example:
  kwf topics check dist/bundle.js

Exit codes: 0 all topics are as they have to be, 1 some are not, 2 wrong usage.`,
      )
      .action(async (bundle: string | undefined, flags) => {
        const { checkTopics } = await import("../topics/topics-report.js");
        await checkTopics(bundle, flags);
      }),
  );
  return topics.addHelpText(
    "after",
    `
Example:
  kwf topics create dist/bundle.js --partitions 16 --replicas 3
  kwf topics check dist/bundle.js

Exit codes: 0 all topics are as they have to be, 1 some are not, 2 wrong usage.`,
  );
}
