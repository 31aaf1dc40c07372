import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function diffCommand(): Command {
  return withOperatorOptions(new Command("diff"), "--group [id]")
    .description("say before a deploy which threads would move to a new bundle, which would stay, and why")
    .argument("<old>", "the bundle that threads are on: a file, or, where brokers are asked, its hash")
    .argument("<new>", "the bundle to come")
    .option("--map <file>", "JSON that says what functions, awaits and variables are called now, as for `kwf move`")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Compares every place where a thread of the old bundle can be suspended:
  moves     nothing of the function has changed: threads go on there by themselves
  kwf move  the function has changed, and what is in it can be told by names
  stays     it cannot; a map may help. Threads finish on their own bundle
With --group, --brokers or --dev it also counts the threads that live: on each of these places, and what would become of them as a whole.

Examples:
  kwf diff dist/old.js dist/new.js
  kwf diff dist/old.js dist/new.js --group kwf --json
  kwf diff 9f86d081 dist/new.js --brokers kafka:9092

Exit codes: 0 compared, 1 a bundle cannot be compared or nobody could be asked, 2 wrong usage.`,
    )
    .action(async (from: string, to: string, { map, json, group, ...others }) => {
      const { diffBundles } = await import("../verbs/diff-bundles.js");
      const live = group !== undefined || others.brokers !== undefined || others.dev !== undefined;
      const flags = group === undefined || group === true ? others : { ...others, group };
      await diffBundles(from, to, { map, json: json === true, live }, flags);
    });
}
