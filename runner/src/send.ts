import { TopicMissing } from "./log/errors.js";
import { Problem } from "./problem.js";
import type { Flags } from "./settings/settings.js";
import { UsageError } from "./usage-error.js";
import { withKafka } from "./with-kafka.js";

/** Writes one record to `workflow-resume` and says where it went. */
export async function send(flags: Flags, thread: string, value: string, asJson: boolean): Promise<void> {
  if (thread === "" || thread.includes("|")) throw new UsageError('a thread id is not empty and has no "|"');
  await withKafka(flags, async ({ log, names }) => {
    try {
      const [written] = await log.produce([{ topic: names.resume, key: thread, value }]);
      const { topic, partition, offset } = written!;
      if (asJson) console.log(JSON.stringify({ thread, topic, partition, offset }));
      else console.log(`${thread}: ${topic}-${partition} offset ${offset}`);
    } catch (error) {
      if (!(error instanceof TopicMissing)) throw error;
      throw new Problem(
        "missing-topics",
        `${names.resume} does not exist: \`kwf run … --create-topics\` or \`kwf topics create\` makes it, and --prefix has to be the runner's`,
      );
    }
  });
}
