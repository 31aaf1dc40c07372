import { Command } from "commander";
import { UsageError } from "../usage-error.js";
import { withKafkaOptions } from "./kafka-options.js";

export function startCommand(): Command {
  return withKafkaOptions(new Command("start"))
    .description("start a thread: writes `new:<json>` to workflow-resume")
    .argument("<thread>", "thread id")
    .argument("[json]", "the workflow's argument")
    .option("--if-absent", "do nothing if the thread lives already (`init:`)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example:
  kwf start order-1 '{"name":"world"}'

Exit codes: 0 the record is written, 1 it could not be, 2 wrong usage.`,
    )
    .action((thread: string, json: string | undefined, flags) => start(thread, json, flags));
}

async function start(thread: string, json: string | undefined, flags: Record<string, string | boolean | undefined>) {
  if (json !== undefined) {
    try {
      JSON.parse(json);
    } catch (error) {
      throw new UsageError(`the argument is not JSON: ${(error as Error).message}`);
    }
  }
  const { ifAbsent, json: asJson, ...rest } = flags;
  const { send } = await import("../send.js");
  await send(rest, thread, `${ifAbsent === true ? "init" : "new"}:${json ?? ""}`, asJson === true);
}
