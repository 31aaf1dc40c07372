// Groups, seen from outside.

import type { GroupDescription, TopicPartition } from "../log.js";
import { partitionKey } from "../log.js";
import { Code, expectNone } from "./answer.js";
import type { Cluster } from "./cluster.js";
import { readAssignment, readSubscription } from "./group-protocol.js";
import { byTopic } from "./offsets.js";
import { fetchOffsets } from "./protocol/offset-fetch.js";

export async function groupOffsets(
  cluster: Cluster,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  if (partitions.length === 0) return found;
  return atCoordinator(cluster, group, async (connection) => {
    const { errorCode: topLevel, offsets } = await connection.send(fetchOffsets(group, byTopic(partitions)));
    expectNone(topLevel, { action: "read the offsets of", group });
    for (const { topic, partition, offset, errorCode } of offsets) {
      expectNone(errorCode, { action: "read the group offset of", where: { topic, partition }, group });
      if (offset >= 0) found.set(partitionKey({ topic, partition }), offset);
    }
    return found;
  });
}

export async function describeGroup(cluster: Cluster, group: string): Promise<GroupDescription> {
  return atCoordinator(cluster, group, async (connection) => {
    const { groups } = await connection.call("DescribeGroups", { groupIds: [group] });
    const answer = groups.find(({ groupId }) => groupId === group);
    if (!answer || answer.errorCode === Code.groupMissing) return { state: "Dead", members: [] };
    expectNone(answer.errorCode, { action: "describe", group });
    return {
      state: answer.state,
      members: answer.members.map(({ memberId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
        memberId,
        clientId,
        host: clientHost.replace(/^\//, ""),
        metadata: readSubscription(memberMetadata)?.metadata,
        partitions: readAssignment(memberAssignment),
      })),
    };
  });
}

/** Every broker knows the groups it coordinates. */
export async function groupNames(cluster: Cluster): Promise<string[]> {
  await cluster.metadata([]);
  const names = new Set<string>();
  for (const node of cluster.nodes()) {
    const connection = await cluster.shared.to(node);
    const { errorCode, groups } = await connection.call("ListGroups", {});
    expectNone(errorCode, { action: "list groups" });
    for (const { groupId } of groups) names.add(groupId);
  }
  return [...names].sort();
}

type Connection = Awaited<ReturnType<Cluster["shared"]["any"]>>;

async function atCoordinator<T>(
  cluster: Cluster,
  group: string,
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await ask(await cluster.shared.to(await cluster.coordinator("group", group)));
  } catch (error) {
    cluster.forgetCoordinator("group", group);
    throw error;
  }
}
