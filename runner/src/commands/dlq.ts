import { Command } from "commander";
import type { DeadLetterFilter } from "../admin/dead-letters.js";
import { parseMoment } from "../terminal/duration.js";
import { limitOf } from "./filter-options.js";
import { withOperatorOptions } from "./operator-options.js";

interface FilterFlags {
  reason?: string;
  thread?: string;
  topic?: string;
  since?: string;
  limit?: string;
}

export function dlqCommand(): Command {
  return new Command("dlq")
    .description("dead letters: records that could not be understood, or were for nobody")
    .addCommand(lsCommand())
    .addCommand(showCommand())
    .addCommand(redriveCommand())
    .addHelpText(
      "after",
      `
A dead letter is named <partition>:<offset>, where it lies on workflow-dead-letter, and stays there until the topic's retention takes it.
docs/errors.md lists the reasons.

Examples:
  kwf dlq ls --reason unknown-thread --since 1d
  kwf dlq show 0:12
  kwf dlq redrive 0:12

Exit codes: 0 done, 1 no such dead letter, or it cannot be done, 2 wrong usage.`,
    );
}

const lsCommand = (): Command =>
  withFilter(withOperatorOptions(new Command("ls")))
    .description("list dead letters, the newest first")
    .option("--limit <n>", "not more than so many (default: 50)")
    .option("--before <ids>", "older ones than a page before has shown: what it printed at its end")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Examples:
  kwf dlq ls
  kwf dlq ls --reason unknown-thread,duplicate-start --since 1d --limit 200

Exit codes: 0 listed, 1 nobody could be asked, 2 wrong usage.`,
    )
    .action(async ({ before, json, ...flags }) => {
      const { filter, limit, rest } = filterOf(flags);
      const { checkId, listDeadLetters } = await import("../verbs/dead-letter-verbs.js");
      const ids = before === undefined ? undefined : (before as string).split(",");
      ids?.forEach(checkId);
      await listDeadLetters({ ...filter, ...(ids && { before: ids }) }, limit ?? 50, json === true, rest);
    });

const showCommand = (): Command =>
  withOperatorOptions(new Command("show"))
    .description("print one dead letter with all that is known of it")
    .argument("<id>", "<partition>:<offset>")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example:
  kwf dlq show 0:12

Exit codes: 0 shown, 1 no such dead letter, 2 wrong usage.`,
    )
    .action(async (id: string, { json, ...rest }) => {
      const { showDeadLetter } = await import("../verbs/dead-letter-verbs.js");
      await showDeadLetter(id, json === true, rest);
    });

const redriveCommand = (): Command =>
  withFilter(withOperatorOptions(new Command("redrive")))
    .description("write dead letters back to where they came from, as they were; the letters stay")
    .argument("[ids...]", "<partition>:<offset>; or a filter")
    .option("--all", "every one there is")
    .option("--limit <n>", "not more than so many, the newest")
    .option("-y, --yes", "do not ask")
    .option("--json", "print one JSON object a record")
    .addHelpText(
      "after",
      `
Examples:
  kwf dlq redrive 0:12 3:7
  kwf dlq redrive --reason unknown-thread --since 1h --yes

Exit codes: 0 all written; 1 no such dead letter, only a reference, or the answer was no; 2 wrong usage, or nobody to ask and no --yes.`,
    )
    .action(async (ids: string[], { all, yes, json, ...flags }) => {
      const { filter, limit, rest } = filterOf(flags);
      const { redriveDeadLetters } = await import("../verbs/dead-letter-verbs.js");
      await redriveDeadLetters(ids, { filter, limit, all: all === true, yes: yes === true, json: json === true }, rest);
    });

const withFilter = (command: Command): Command =>
  command
    .option("--reason <reasons>", "only for this reason; more than one with commas")
    .option("--thread <id>", "only for this thread")
    .option("--topic <name>", "only those that came from this topic")
    .option("--since <time>", "only from then on: a time, or how long ago: 1h");

function filterOf({ reason, thread, topic, since, limit, ...rest }: FilterFlags) {
  const filter: DeadLetterFilter = {
    ...(reason === undefined ? {} : { reason: reason.split(",").map((one) => one.trim()) }),
    ...(thread === undefined ? {} : { thread }),
    ...(topic === undefined ? {} : { topic }),
    ...(since === undefined ? {} : { since: parseMoment(since, "--since") }),
  };
  return { filter, limit: limitOf(limit), rest };
}
