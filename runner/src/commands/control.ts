import { Command } from "commander";
import type { Verb } from "../verbs/control.js";
import { filterOf, withFilterOptions } from "./filter-options.js";
import { withOperatorOptions } from "./operator-options.js";

interface Words {
  readonly description: string;
  readonly more: string;
  readonly examples: readonly string[];
}

const WORDS: Readonly<Record<Verb, Words>> = {
  cancel: {
    description: "cancel threads: they run their own cleanup, and end",
    more: "A paused thread is cancelled when it goes on.",
    examples: ['kwf cancel order-1 --reason "customer called"', "kwf cancel --waiting payment --idle 7d"],
  },
  kill: {
    description: "end threads without running any of their code",
    more: "Their cleanup does not run; `kwf cancel` lets it.",
    examples: ["kwf kill order-1", "kwf kill --state paused --bundle 9f86d081884c7d659a2feaa0c55ad015"],
  },
  pause: {
    description: "pause threads: what comes for them waits, in order",
    more: "Timers go on; what they send waits too.",
    examples: ["kwf pause order-1 order-2", "kwf pause --starts-with import- --reason maintenance"],
  },
  unpause: {
    description: "let paused threads go on; where a record has failed, that is `kwf retry`",
    more: "A thread that a failed record and an operator have paused loses the operator's pause first.",
    examples: ["kwf unpause order-1", "kwf unpause --starts-with import-"],
  },
  retry: {
    description: "run the record again that has paused a thread",
    more: "Later records have waited, and follow in order.",
    examples: ["kwf retry order-1 --wait", "kwf retry --state paused --since 1h --yes"],
  },
  discard: {
    description: "throw the record away that has paused a thread, and go on with the next",
    more: "The thread goes on as if that record had never come; a start that is thrown away leaves no thread.",
    examples: ["kwf discard order-1"],
  },
  rm: {
    description: "remove what is left of threads that have ended; with --force also threads that live",
    more: "A filter means threads that have ended, unless it says --state. A thread that lives is gone without its cleanup, result or error.",
    examples: ["kwf rm order-1", "kwf rm --state completed --starts-with test-", "kwf rm order-2 --force"],
  },
};

export function controlCommand(verb: Verb): Command {
  const { description, more, examples } = WORDS[verb];
  const command = withOperatorOptions(withFilterOptions(new Command(verb)))
    .description(description)
    .argument("[threads...]", "thread ids; or a filter, as for `kwf ls`")
    .option("--reason <text>", "kept with the thread, for those who look later")
    .option("-y, --yes", "do not ask before many threads are changed")
    .option("--wait", "until the records have been run; print what the threads have become")
    .option("--json", "print one JSON object a thread");
  if (verb === "rm") command.option("--force", "also threads that live");
  return command
    .addHelpText(
      "after",
      `
${more}
Writes a record for each thread to workflow-resume; a runner obeys it when it comes to it, before anything that waits.
With a filter it says how many threads are meant, and asks.

${examples.length === 1 ? "Example" : "Examples"}:
${examples.map((example) => `  ${example}`).join("\n")}

Exit codes: 0 all written; 1 no such thread, nothing to ${verb}, or the answer was no; 2 wrong usage, or nobody to ask and no --yes.`,
    )
    .action(async (threads: string[], flags) => {
      const { reason, yes, wait, json, force, ...others } = flags;
      const { filter, limit, rest } = filterOf(others);
      const { controlThreads } = await import("../verbs/control-threads.js");
      const options = { reason, force: force === true, yes: yes === true, wait: wait === true, json: json === true };
      await controlThreads(verb, threads, { ...options, filter, limit }, rest);
    });
}
