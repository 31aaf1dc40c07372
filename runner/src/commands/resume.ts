import { Command } from "commander";
import { UsageError } from "../usage-error.js";
import { withKafkaOptions } from "./kafka-options.js";

export function resumeCommand(): Command {
  return withKafkaOptions(new Command("resume"))
    .description('resolve a ref of a thread: writes {"ref":…,"value":…} to workflow-resume')
    .argument("<thread>", "thread id")
    .argument("<ref>", "id of the ref, as `kwf show` prints it")
    .argument("[json]", "its value; undefined, if absent")
    .option("--error", "the await throws the value instead")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example:
  kwf resume order-1 0:greeting:1 '"hello"'

Exit codes: 0 the record is written, 1 it could not be, 2 wrong usage.`,
    )
    .action((thread: string, ref: string, json: string | undefined, flags) => resume(thread, ref, json, flags));
}

async function resume(
  thread: string,
  ref: string,
  json: string | undefined,
  flags: Record<string, string | boolean | undefined>,
): Promise<void> {
  const { error: asError, json: asJson, ...rest } = flags;
  let value: unknown;
  try {
    value = json === undefined ? undefined : JSON.parse(json);
  } catch (error) {
    throw new UsageError(
      `the value is not JSON: ${(error as Error).message}. Text goes in quotes of its own: '"hello"'`,
    );
  }
  const name = asError === true ? "error" : "value";
  // The text as it was given: printing a number anew may change it.
  const payload = value === undefined ? (asError === true ? ',"error":null' : "") : `,"${name}":${json}`;
  const { send } = await import("../send.js");
  await send(rest, thread, `{"ref":${JSON.stringify(ref)}${payload}}`, asJson === true);
}
