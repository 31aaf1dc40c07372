import { Command } from "commander";
import { withKafkaOptions } from "./kafka-options.js";

export function doctorCommand(): Command {
  return withKafkaOptions(new Command("doctor"))
    .description("look at everything that a runner needs, and say what is wrong and what to do; nothing is changed")
    .argument("[bundle]", "also the topics of this bundle's manifest")
    .option("--state-dir <dir>", "of the runner on this machine (default: .kwf/<prefix><group>)")
    .option("--admin-token <text>", "of the runners that are asked")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example:
  kwf doctor dist/bundle.js

Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong usage.`,
    )
    .action(async (bundle: string | undefined, flags) => {
      const { doctor } = await import("../doctor/doctor.js");
      await doctor(bundle, flags);
    });
}
