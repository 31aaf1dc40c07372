import type { Log } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { Problem } from "../problem.js";

/** Two groups of runners on one set of topics would each run every record, and fire every timer. Throws Problem `second-group`. */
export async function groupMustBeAlone(log: Log, names: Names, role: RoleName): Promise<void> {
  const own = names.consumerGroup(role);
  const input = names.input(role);
  const others = (await log.groupNames()).filter((name) => name !== own && name.endsWith(`-${role}`));
  for (const group of others) {
    const { members } = await log.describeGroup(group);
    const at = members.find(({ partitions }) => partitions.some(({ topic }) => topic === input));
    if (at === undefined) continue;
    throw new Problem(
      "second-group",
      `group ${group} is at work on ${input} already (from ${at.host}): each record would run twice. Join it with --group ${group.slice(names.prefix.length, -`-${role}`.length)}, take another --prefix, or say --second-group if that is what you want`,
    );
  }
}
