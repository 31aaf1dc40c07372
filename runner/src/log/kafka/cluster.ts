// Who is where: brokers, leaders of partitions, coordinators. It owns the map and keeps it fresh; connections belong to whoever
// opened a set of them, so that nobody waits behind somebody else's long request (a broker answers the requests of one
// connection one after another).
//
// I1 Metadata is asked for named topics only, one answer per topic: a topic that is missing says nothing about the others.
// I2 Topics are never created by asking (port I5).

import { LogClosed, LogUnavailable, LogUnreachable, NoToken, RequestRefused, WrongCredentials } from "../errors.js";
import type { TopicPartition } from "../log.js";
import { Troubles } from "../troubles.js";
import { answerError, Code, expectNone } from "./answer.js";
import { BrokerConnection } from "./connection.js";
import { type ClusterMetadata, metadata, type TopicMetadata } from "./protocol/metadata.js";
import { type BrokerAddress, brokerAddress, type KafkaSettings } from "./settings.js";
import { SharedPoll } from "./shared-poll.js";

export type CoordinatorKind = "group" | "transaction";

interface KnownTopic {
  readonly id: string;
  /** By partition; negative where there is none. */
  readonly leaders: readonly number[];
}

export class Cluster {
  readonly settings: KafkaSettings;
  readonly troubles = new Troubles();
  /** For short requests of everybody. */
  readonly shared: ConnectionSet;
  /** For readers at whose partitions nothing happens. */
  readonly quietPoll = new SharedPoll(this);
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #sets = new Set<ConnectionSet>();
  #nodes = new Map<number, BrokerAddress>();
  #topics = new Map<string, KnownTopic>();
  readonly #coordinators = new Map<string, number>();
  #refreshing = new Map<string, Promise<void>>();
  #closed = false;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
    this.#bootstrap = settings.brokers.map((text) => {
      const address = brokerAddress(text);
      if (!address) throw new RequestRefused(`a broker is written HOST:PORT, not "${text}"`);
      return address;
    });
    if (this.#bootstrap.length === 0) throw new RequestRefused("no broker is given");
    this.shared = this.connections();
  }

  get operationTimeoutMs(): number {
    return this.settings.operationTimeoutMs ?? 30_000;
  }

  /** Connections of one user; theirs to close. */
  connections(): ConnectionSet {
    if (this.#closed) throw new LogClosed("the log is closed");
    const set = new ConnectionSet(this, () => this.#sets.delete(set));
    this.#sets.add(set);
    return set;
  }

  close(): void {
    this.#closed = true;
    for (const set of this.#sets) set.close();
  }

  address(node: number): BrokerAddress | undefined {
    return this.#nodes.get(node);
  }

  /** Where somebody may answer: the brokers met last, then those of the settings. */
  doors(): BrokerAddress[] {
    return [...this.#nodes.values(), ...this.#bootstrap];
  }

  nodes(): number[] {
    return [...this.#nodes.keys()];
  }

  /** Metadata of these topics, or of all. Throws LogUnreachable when no broker answers. */
  async metadata(topics: readonly string[] | "all", from?: BrokerConnection): Promise<ClusterMetadata> {
    const connection = from ?? (await this.shared.any());
    const answer = await connection.send(metadata(topics));
    // Nobody is in a cluster without brokers: this is how a request looks that the broker would not hear. (kafkajs takes a
    // refused token, OAUTHBEARER, for an accepted one.)
    if (answer.brokers.length === 0) {
      if (this.settings.sasl) {
        throw new WrongCredentials(`${connection.name} refused the token: has it expired, is it for another cluster?`);
      }
      throw new LogUnreachable(`${connection.name} does not answer questions about its cluster`);
    }
    this.#nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    for (const topic of answer.topics) this.#learn(topic);
    return answer;
  }

  #learn({ errorCode, topic, id, partitions }: TopicMetadata): void {
    if (errorCode !== Code.none) {
      this.#topics.delete(topic);
      return;
    }
    const leaders: number[] = [];
    for (const { partition, leader } of partitions) leaders[partition] = leader;
    this.#topics.set(topic, { id, leaders });
  }

  /** How many partitions a topic has. Throws TopicMissing, NotAuthorized. */
  async partitions(topic: string): Promise<number> {
    return (await this.#topic(topic)).leaders.length;
  }

  /** Which topic has that name. Throws TopicMissing, NotAuthorized. */
  async topicId(topic: string): Promise<string> {
    return (await this.#topic(topic)).id;
  }

  /** The broker to ask about a partition. Throws TopicMissing, NotAuthorized; LogUnavailable while there is none. */
  async leader({ topic, partition }: TopicPartition): Promise<number> {
    const { leaders } = await this.#topic(topic);
    const leader = leaders[partition];
    if (leader === undefined) {
      this.forget(topic);
      throw new RequestRefused(`topic ${topic} has ${leaders.length} partitions, there is no partition ${partition}`);
    }
    if (leader < 0) {
      this.forget(topic);
      throw new LogUnavailable(`${topic}-${partition} has no leader at the moment`);
    }
    return leader;
  }

  async #topic(name: string): Promise<KnownTopic> {
    const known = this.#topics.get(name);
    if (known) return known;
    let refreshing = this.#refreshing.get(name);
    if (!refreshing) {
      refreshing = this.#refresh(name).finally(() => this.#refreshing.delete(name));
      this.#refreshing.set(name, refreshing);
    }
    await refreshing;
    const found = this.#topics.get(name);
    if (found) return found;
    throw new LogUnavailable(`where topic ${name} is was forgotten while it was asked for`);
  }

  async #refresh(name: string): Promise<void> {
    const { topics } = await this.metadata([name]);
    const answer = topics.find(({ topic }) => topic === name);
    expectNone(answer?.errorCode ?? Code.topicMissing, { action: "describe", topic: name });
  }

  /** The next question asks the cluster again. */
  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  async coordinator(kind: CoordinatorKind, name: string): Promise<number> {
    const key = `${kind} ${name}`;
    const known = this.#coordinators.get(key);
    if (known !== undefined && this.#nodes.has(known)) return known;
    const connection = await this.shared.any();
    const answer = await connection.call("GroupCoordinator", {
      groupId: name,
      coordinatorType: kind === "group" ? 0 : 1,
    });
    if (answer.errorCode !== Code.none) {
      const subject = kind === "group" ? { group: name } : { transactionalId: name };
      throw answerError(answer.errorCode, {
        action: "find the coordinator of",
        ...subject,
        detail: answer.errorMessage,
      });
    }
    const { nodeId, host, port } = answer.coordinator;
    this.#nodes.set(nodeId, { host, port });
    this.#coordinators.set(key, nodeId);
    return nodeId;
  }

  forgetCoordinator(kind: CoordinatorKind, name: string): void {
    this.#coordinators.delete(`${kind} ${name}`);
  }
}

/** At most one connection to each broker. */
export class ConnectionSet {
  readonly #cluster: Cluster;
  readonly #onClose: () => void;
  readonly #open = new Map<string, BrokerConnection>();
  #closed = false;

  constructor(cluster: Cluster, onClose: () => void) {
    this.#cluster = cluster;
    this.#onClose = onClose;
  }

  async to(node: number): Promise<BrokerConnection> {
    const address = this.#cluster.address(node);
    if (!address) throw new LogUnavailable(`broker ${node} is not known`);
    try {
      return await this.#at(address);
    } catch (error) {
      // It may have moved to another address.
      if (!this.#closed) await this.#cluster.metadata([]).catch(() => {});
      throw error;
    }
  }

  /** A broker that answers. */
  async any(): Promise<BrokerConnection> {
    for (const connection of this.#open.values()) if (!connection.ended) return connection.open();
    const problems = new Map<string, Error>();
    for (const address of this.#cluster.doors()) {
      try {
        return await this.#at(address);
      } catch (error) {
        // Wrong credentials are wrong everywhere, and so is a missing token.
        if (!(error instanceof LogUnreachable) || error instanceof NoToken) throw error;
        problems.set(error.message, error);
      }
    }
    throw new LogUnreachable(`no Kafka broker answers: ${[...problems.keys()].join("; ")}`);
  }

  async #at(address: BrokerAddress): Promise<BrokerConnection> {
    if (this.#closed) throw new LogClosed("the log is closed");
    const key = `${address.host} ${address.port}`;
    let connection = this.#open.get(key);
    if (!connection || connection.ended) {
      connection = new BrokerConnection(address, this.#cluster.settings);
      this.#open.set(key, connection);
    }
    return connection.open();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#open.values()) connection.close();
    this.#open.clear();
    this.#onClose();
  }
}
