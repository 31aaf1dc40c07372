import { Command } from "commander";
import { withOperatorOptions } from "./operator-options.js";

export function resumeCommand(): Command {
  return withOperatorOptions(new Command("resume"))
    .description("resolve a ref that a thread waits for, or make its await throw")
    .argument("<thread>", "thread id")
    .argument("<ref>", "id of the ref, as `kwf show` prints it, or the name in it where only one is called so")
    .argument("[json]", "its value; - reads it from stdin; undefined, if absent")
    .option("--error", "the await throws the value instead")
    .option("--no-check", "write the record without asking what the thread waits for")
    .option("--wait", "until the record has been run; print what the thread has become")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Writes {"ref":…,"value":…} or {"ref":…,"error":…} to workflow-resume, and says where.

Examples:
  kwf resume order-1 approval '{"by":"ada"}'
  kwf resume order-1 0:approval:1 '"not today"' --error
  kwf resume order-1 report - < report.json

Exit codes: 0 written; 1 no such thread, or it waits for nothing of that name, or for several; 2 wrong usage.`,
    )
    .action(async (thread: string, ref: string, json: string | undefined, flags) => {
      const { error, check, wait, json: asJson, ...rest } = flags;
      const { resumeThread } = await import("../verbs/resume-thread.js");
      const options = { error: error === true, check: check !== false, wait: wait === true, json: asJson === true };
      await resumeThread(thread, ref, json, options, rest);
    });
}
