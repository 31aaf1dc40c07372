import { Command } from "commander";
import { filterOf, withFilterOptions } from "./filter-options.js";
import { withOperatorOptions } from "./operator-options.js";

export function moveCommand(): Command {
  return withOperatorOptions(withFilterOptions(new Command("move")))
    .description("carry threads onto another bundle, by the names of what they wait in: a fix reaches those that run")
    .argument("[threads...]", "thread ids; or a filter, as for `kwf ls`")
    .requiredOption("--to <bundle>", "the bundle with the fix: a file, or the hash of a published one")
    .option("--map <file>", "JSON that says what functions, awaits and variables are called now")
    .option("--dry-run", "only say what would become of each")
    .option("-y, --yes", "do not ask")
    .option("--wait", "until the records have been run; print what the threads have become")
    .option("--json", "print one JSON object a thread")
    .addHelpText(
      "after",
      `
Each thread's state is tried first: every frame has to find its function, its await and its variables in the new bundle, and the new
bundle has to read what came of it. What is not clear is refused with the reason, and stays as it is; --map says it.
Then a record for each is written to workflow-resume; the runner that has the thread does it, exactly once. A paused thread stays
paused, with the records that wait: kwf retry lets it go on.

Examples:
  kwf move order-1 --to dist/fixed.js --dry-run
  kwf move --state paused --since 1h --to dist/fixed.js --yes && kwf retry --state paused --since 1h --yes
  kwf move --bundle 9f86d081884c7d659a2feaa0c55ad015 --to dist/fixed.js --map names.json

Exit codes: 0 all written; 1 no such thread, one is refused, or the answer was no; 2 wrong usage, or nobody to ask and no --yes.`,
    )
    .action(async (threads: string[], flags) => {
      const { to, map, dryRun, yes, wait, json, ...others } = flags;
      const { filter, limit, rest } = filterOf(others);
      const { moveThreads } = await import("../verbs/move-threads.js");
      const said = { dryRun: dryRun === true, yes: yes === true, wait: wait === true, json: json === true };
      await moveThreads(threads, { to, map, filter, limit, ...said }, rest);
    });
}
