import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function bundlesCommand(): Command {
  const bundles = new Command("bundles").description("the code that threads run on, as it lies on workflow-bundles");
  bundles.addCommand(
    withOperatorOptions(new Command("ls"))
      .description("list bundles, with how many threads still need each, and how many runners start new threads on it")
      .option("--json", "print one JSON object a line")
      .addHelpText(
        "after",
        `
Example:
  kwf bundles ls

Exit codes: 0 listed, 1 nobody could be asked, 2 wrong usage.`,
      )
      .action(async ({ json, ...rest }) => {
        const { showBundles } = await import("../verbs/bundle-verbs.js");
        await showBundles(json === true, rest);
      }),
  );
  bundles.addCommand(
    withOperatorOptions(new Command("rm"))
      .description("remove bundles that no thread and no runner needs")
      .argument("<hashes...>", "hashes, or how they begin")
      .option("--force", "also one that is needed: its threads are paused, until somebody publishes it again")
      .option("--json", "print one JSON object a line")
      .addHelpText(
        "after",
        `
Example:
  kwf bundles rm 9f86d081

Exit codes: 0 removed, 1 no such bundle, or it is needed, 2 wrong usage.`,
      )
      .action(async (hashes: string[], { force, json, ...rest }) => {
        const { removeBundles } = await import("../verbs/bundle-verbs.js");
        await removeBundles(hashes, force === true, json === true, rest);
      }),
  );
  return bundles.addHelpText(
    "after",
    `
Examples:
  kwf bundles ls
  kwf bundles rm 9f86d081

Exit codes: 0 done, 1 no such bundle, or it is needed, 2 wrong usage.`,
  );
}
