import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function startCommand(): Command {
  return withOperatorOptions(new Command("start"))
    .description("start a thread")
    .argument("[thread]", "thread id; made, if absent")
    .argument("[json]", "the workflow's argument; - reads it from stdin; undefined, if absent")
    .option("--if-absent", "do nothing if the thread lives already")
    .option("--wait", "until this run has ended, however long that is; print its result. Ctrl-C leaves it running")
    .option("-q, --quiet", "print the thread id, or with --wait the result, and nothing else")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Writes \`new:<json>\` to workflow-resume (\`init:<json>\` with --if-absent), and says where.
One operand that begins as a JSON object, array or text does is the argument: the id is made.

Examples:
  kwf start order-1 '{"name":"world"}'
  id=$(kwf start -q '{"name":"world"}')
  kwf start order-2 - --wait < order.json

Exit codes: 0 written, or ended with a result; 1 it could not be written, 2 wrong usage; with --wait 3 the workflow failed, 4 it was
cancelled, 5 it never began (the id is taken) or was removed, 130 Ctrl-C.`,
    )
    .action(async (thread: string | undefined, json: string | undefined, flags) => {
      const { ifAbsent, wait, quiet, json: asJson, ...rest } = flags;
      const { startThread } = await import("../verbs/start-thread.js");
      const options = {
        ifAbsent: ifAbsent === true,
        wait: wait === true,
        quiet: quiet === true,
        json: asJson === true,
      };
      await startThread(
        [thread, json].filter((operand) => operand !== undefined),
        options,
        rest,
      );
    });
}
