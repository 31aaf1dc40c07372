// Membership in a consumer group (the classic protocol: join, sync, heartbeat). It owns when the member is in which
// generation; group-protocol.ts owns what members tell one another, ../assignment.ts who gets what; the listener owns what is
// done with partitions.
//
// I1 The listener hears one call at a time, `rebalancing` before every `assigned` but the first.
// I2 Heartbeats go on while the listener finishes its batch, so the group waits for it and does not bury it.
// I3 What cannot be known counts as lost: a member that did not reach its group for a session timeout says so, even if
//    nobody told it.
// I4 What would have ended the member before it was one is waited for later: a permission that is taken may be given back.
// I5 A connection of its own for the heartbeats: the answer to a join may take as long as the slowest member.

import { setTimeout as sleep } from "node:timers/promises";
import { assign, assignmentAfter, type Subscription } from "../assignment.js";
import { GenerationOver, mayPass, NotAuthorized, RequestRefused } from "../errors.js";
import type { Assignment, GroupMember, GroupOffset, JoinOptions, TopicPartition } from "../log.js";
import { Code, expectNone } from "./answer.js";
import type { Cluster, ConnectionSet } from "./cluster.js";
import { ASSIGNER, readAssignment, readSubscription, writeAssignment, writeSubscription } from "./group-protocol.js";
import { offsetsByTopic } from "./offsets.js";

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** Why a member has to come back to its group. */
type Return = { readonly lost: boolean };

export class KafkaGroupMember implements GroupMember {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<JoinOptions, "listener">>;
  readonly #listener: JoinOptions["listener"];
  readonly #connections: ConnectionSet;
  readonly #heartbeats: ConnectionSet;
  readonly #leaving = new AbortController();
  readonly #onLeave: (member: KafkaGroupMember) => void;
  #memberId = "";
  #generation = -1;
  #owned: readonly TopicPartition[] = [];
  #heardAt = 0;
  #wasMember = false;

  constructor(cluster: Cluster, options: JoinOptions, onLeave: (member: KafkaGroupMember) => void) {
    const { sessionTimeoutMs = 6_000, heartbeatMs = 1_500, rebalanceTimeoutMs = 10_000, metadata = "" } = options;
    this.#cluster = cluster;
    this.#options = { ...options, sessionTimeoutMs, heartbeatMs, rebalanceTimeoutMs, metadata };
    this.#listener = options.listener;
    this.#connections = cluster.connections();
    this.#heartbeats = cluster.connections();
    this.#onLeave = onLeave;
    this.#run();
  }

  get memberId(): string {
    return this.#memberId;
  }

  get #left(): boolean {
    return this.#leaving.signal.aborted;
  }

  async confirm(generation: number): Promise<boolean> {
    if (generation !== this.#generation) return false;
    try {
      return (await this.#heartbeat()) === Code.none && generation === this.#generation;
    } catch {
      return false;
    }
  }

  async commitOffsets(generation: number, offsets: readonly GroupOffset[]): Promise<void> {
    const { group } = this.#options;
    if (generation !== this.#generation) throw new GenerationOver(`generation ${generation} of group ${group} is over`);
    const { responses } = await (await this.#coordinator(this.#heartbeats)).call("OffsetCommit", {
      groupId: group,
      groupGenerationId: generation,
      memberId: this.#memberId,
      topics: offsetsByTopic(offsets),
    });
    for (const { topic, partitions } of responses) {
      for (const { partition, errorCode } of partitions) {
        if (
          errorCode === Code.illegalGeneration ||
          errorCode === Code.unknownMember ||
          errorCode === Code.rebalanceInProgress
        ) {
          throw new GenerationOver(`generation ${generation} of group ${group} is over`);
        }
        expectNone(errorCode, { action: "commit the offset of", where: { topic, partition }, group });
      }
    }
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    const memberId = this.#memberId;
    this.#leaving.abort();
    // A join that is under way is cut off; what the group knows of it ends with the goodbye.
    this.#connections.close();
    if (memberId) {
      const { group } = this.#options;
      const goodbye = this.#coordinator(this.#heartbeats).then((connection) =>
        connection.call("LeaveGroup", { groupId: group, memberId, members: [{ memberId }] }),
      );
      await goodbye.catch(() => {});
    }
    this.#heartbeats.close();
    this.#onLeave(this);
  }

  async #run(): Promise<void> {
    let back: Return | undefined;
    let trouble: object | undefined;
    let wait = FIRST_RETRY_MS;
    while (!this.#left) {
      try {
        if (back) await this.#rebalancing(back);
        if (this.#left) return;
        const assignment = await this.#join();
        if (this.#left) return;
        wait = FIRST_RETRY_MS;
        if (trouble) this.#cluster.troubles.clear(trouble);
        trouble = undefined;
        await this.#listener.assigned(assignment);
        back = await this.#beat();
      } catch (error) {
        if (this.#left) break;
        back = undefined;
        if (!this.#worth(error)) {
          await this.leave();
          this.#listener.failed(error as Error);
          break;
        }
        trouble = this.#cluster.troubles.report(`join group ${this.#options.group}`, error as Error, trouble);
        await this.#pause(wait);
        wait = Math.min(wait * 2, LONGEST_RETRY_MS);
      }
    }
    if (trouble) this.#cluster.troubles.clear(trouble);
  }

  /** Whether to come again after that (I4). */
  #worth(error: unknown): boolean {
    return mayPass(error) || (error instanceof NotAuthorized && this.#wasMember);
  }

  /** Lets the listener finish, with heartbeats (I2). */
  async #rebalancing(back: Return): Promise<void> {
    let done = false;
    const finishing = this.#listener.rebalancing(back).finally(() => {
      done = true;
    });
    const finished = finishing.catch(() => {});
    while (!done && !this.#left) {
      await Promise.race([finished, this.#pause(this.#options.heartbeatMs)]);
      if (!done && !back.lost) await this.#heartbeat().catch(() => {});
    }
    await finishing;
    if (back.lost) this.#owned = [];
  }

  /** Until the group wants the member back. */
  async #beat(): Promise<Return> {
    const { group, heartbeatMs, sessionTimeoutMs } = this.#options;
    let trouble: object | undefined;
    try {
      for (let wait = heartbeatMs; ; ) {
        await this.#pause(wait);
        if (this.#left) return { lost: false };
        try {
          const code = await this.#heartbeat();
          if (code === Code.rebalanceInProgress) return { lost: false };
          if (code === Code.unknownMember || code === Code.illegalGeneration) {
            if (code === Code.unknownMember) this.#memberId = "";
            this.#generation = -1;
            return { lost: true };
          }
          expectNone(code, { action: "heartbeat in", group });
          if (trouble) this.#cluster.troubles.clear(trouble);
          trouble = undefined;
          wait = heartbeatMs;
        } catch (error) {
          if (this.#left) return { lost: false };
          if (!this.#worth(error)) throw error;
          trouble = this.#cluster.troubles.report(`heartbeat of group ${group}`, error as Error, trouble);
          wait = Math.min(heartbeatMs, LONGEST_RETRY_MS);
          if (performance.now() - this.#heardAt > sessionTimeoutMs) {
            this.#generation = -1;
            return { lost: true }; // I3
          }
        }
      }
    } finally {
      if (trouble) this.#cluster.troubles.clear(trouble);
    }
  }

  /** The group's answer, as its code. */
  async #heartbeat(): Promise<number> {
    const sent = performance.now();
    try {
      const connection = await this.#coordinator(this.#heartbeats);
      const { errorCode } = await connection.call("Heartbeat", {
        groupId: this.#options.group,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
      });
      if (errorCode === Code.none || errorCode === Code.rebalanceInProgress) this.#heardAt = sent;
      if (errorCode === Code.notCoordinator || errorCode === Code.coordinatorNotAvailable) this.#forgetCoordinator();
      return errorCode;
    } catch (error) {
      this.#forgetCoordinator();
      throw error;
    }
  }

  async #join(): Promise<Assignment> {
    for (;;) {
      try {
        return await this.#joinOnce();
      } catch (error) {
        if (!(error instanceof GenerationOver)) {
          this.#forgetCoordinator();
          throw error;
        }
        if (this.#left) throw error;
      }
    }
  }

  /** Throws GenerationOver when it has to begin again at once. */
  async #joinOnce(): Promise<Assignment> {
    const { group, topics, metadata, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const connection = await this.#coordinator(this.#connections);
    const own: Subscription = { topics, metadata, owned: this.#owned, generation: this.#generation };
    const joined = await connection.call("JoinGroup", {
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: "consumer",
      groupProtocols: [{ name: ASSIGNER, metadata: writeSubscription(own) }],
    });
    if (joined.errorCode === Code.memberIdRequired) this.#memberId = joined.memberId;
    this.#again(joined.errorCode);
    if (joined.errorCode === Code.inconsistentProtocol) {
      throw new RequestRefused(
        `group ${group} has members that are not of kwf; give this one another name with --group`,
      );
    }
    expectNone(joined.errorCode, { action: "join group", group });
    this.#memberId = joined.memberId;
    const leads = joined.leaderId === joined.memberId;
    const synced = await connection.call("SyncGroup", {
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? await this.#share(joined.members) : [],
    });
    this.#again(synced.errorCode);
    expectNone(synced.errorCode, { action: "join group", group });
    this.#heardAt = performance.now();
    this.#wasMember = true;
    return this.#take(joined.generationId, readAssignment(synced.memberAssignment));
  }

  #again(code: number): void {
    if (code === Code.unknownMember) this.#memberId = "";
    const again = [
      Code.memberIdRequired,
      Code.rebalanceInProgress,
      Code.unknownMember,
      Code.illegalGeneration,
    ] as number[];
    if (again.includes(code)) throw new GenerationOver(`group ${this.#options.group} has gone on`);
  }

  /** (I3) */
  #take(generation: number, partitions: readonly TopicPartition[]): Assignment {
    const before = { generation: this.#generation, partitions: this.#owned };
    this.#owned = partitions;
    this.#generation = generation;
    return assignmentAfter(before, generation, partitions);
  }

  /** The leader's work. */
  async #share(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
    const subscriptions = new Map<string, Subscription>();
    for (const { memberId, memberMetadata } of members) {
      const subscription = readSubscription(memberMetadata);
      if (subscription) subscriptions.set(memberId, subscription);
    }
    const counts = new Map<string, number>();
    for (const topic of new Set([...subscriptions.values()].flatMap(({ topics }) => topics))) {
      this.#cluster.forget(topic);
      counts.set(topic, await this.#cluster.partitions(topic));
    }
    return [...assign(subscriptions, counts)].map(([memberId, partitions]) => ({
      memberId,
      memberAssignment: writeAssignment(partitions),
    }));
  }

  async #coordinator(connections: ConnectionSet) {
    return connections.to(await this.#cluster.coordinator("group", this.#options.group));
  }

  #forgetCoordinator(): void {
    this.#cluster.forgetCoordinator("group", this.#options.group);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#leaving.signal }).catch(() => {});
  }
}
