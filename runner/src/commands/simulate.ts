import { Command, InvalidArgumentError, Option } from "commander";
import type { SimulateOptions } from "../simulate/simulate.js";

export function simulateCommand(): Command {
  return new Command("simulate")
    .description("run records through a bundle, without broker or disk, and print what each step would have produced")
    .argument("<bundle>", "a file that `kwf build` made")
    .argument("[records]", 'input records, one JSON object a line; "-" reads them from a pipe', "-")
    .option("--fresh", "restore every step in a new realm")
    .option("--isolate", "restore every step in a new process")
    .option("--state <dir>", "keep state between calls, one file a thread")
    .option("--report", "after the records of each step, print what became of the thread")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .addOption(
      new Option(
        "--move <when>",
        "threads that another bundle left in --state move to this one where nothing that they refer to has changed",
      )
        .choices(["auto", "never"])
        .default("auto"),
    )
    .option(
      "--step-timeout <ms>",
      "stop a step that runs longer and pause its thread; 0 for no limit",
      milliseconds,
      10_000,
    )
    .addHelpText(
      "after",
      `
Input, a line for each record: {"key":"thread id","value":"new:{…}"} and optionally "offset", "timestamp" (epoch ms),
"partition", "headers". Values are exactly those of the topic workflow-resume:
  new:<json>                  start the workflow
  init:<json>                 start it only if the thread does not live
  {"ref":"0:ref:1","value":1} resolve a ref; {"ref":…,"error":…} makes the await throw
  ctl:{"op":"cancel"}         also kill, pause, unpause, retry, discard, move, delete
Offsets count from 0, the time is now, where a line does not say. A line is answered before the next is read.
A line with "topic", one of manifest.inputTopics, gives the record that it becomes on workflow-resume.

Output, a line for each record: {"topic","key","value","headers"}. console.* of the workflow goes to stderr.

Examples:
  echo '{"key":"t1","value":"new:{}"}' | kwf simulate dist/bundle.js --report
  echo '{"topic":"orders","key":"o1","value":"{}"}' | kwf simulate dist/bundle.js | kwf simulate dist/bundle.js
  kwf simulate dist/bundle.js records.jsonl --isolate
  kwf simulate dist/bundle.js --state .state < first.jsonl && kwf show --state .state t1

Exit codes: 0 all lines were records, 1 a line was not (it stops there) or the bundle is damaged, 2 wrong usage.`,
    )
    .action(async (bundle: string, records: string, options: SimulateOptions) => {
      const { simulate } = await import("../simulate/simulate.js");
      await simulate(bundle, records, options);
    });
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("expected a number of milliseconds.");
  return value;
}
