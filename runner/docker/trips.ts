// The trips of the demo as an outside reader sees them: everything that was committed to its topics, gathered by trip.

import { KafkaLog } from "../src/log/kafka/kafka-log.js";

const PARTS = ["car", "hotel", "flight"] as const;

/** What became of one trip; each list in the order of the topic. */
export interface Trip {
  readonly outcomes: string[];
  readonly reserved: string[];
  readonly cancelled: string[];
  readonly timer: string[];
}

export class Trips {
  readonly #log: KafkaLog;

  constructor(broker: string) {
    this.#log = new KafkaLog({ brokers: [broker] });
  }

  async start(trips: readonly string[], timeoutMS: number): Promise<void> {
    const value = `new:${JSON.stringify({ timeoutMS })}`;
    await this.#log.produce(trips.map((key) => ({ topic: "workflow-resume", key, value })));
  }

  async read(): Promise<Map<string, Trip>> {
    const trips = new Map<string, Trip>();
    const of = (key: string): Trip => {
      const trip = trips.get(key) ?? { outcomes: [], reserved: [], cancelled: [], timer: [] };
      trips.set(key, trip);
      return trip;
    };
    for (const [key, value] of await this.records("workflow-result")) of(key).outcomes.push(`result ${value}`);
    for (const [key, value] of await this.records("workflow-error")) of(key).outcomes.push(`error ${value}`);
    for (const part of PARTS) {
      for (const [key] of await this.records(`saga-reserve-${part}`)) of(key).reserved.push(part);
      for (const [key] of await this.records(`saga-cancel-${part}`)) of(key).cancelled.push(part);
    }
    for (const [key, value] of await this.records("workflow-scheduler")) of(key.split("|")[0]!).timer.push(value);
    return trips;
  }

  /** Key and value of every committed record. */
  async records(topic: string): Promise<[key: string, value: string][]> {
    const partitions = (await this.#log.describeTopics([topic])).get(topic)?.partitions ?? 0;
    const found: [string, string][] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const where = { topic, partition };
      const [end = 0] = await this.#log.endOffsets([where], "committed");
      const reader = this.#log.reader({ ...where, from: 0, maxWaitMs: 50 });
      while (reader.position < end) {
        for (const { key, value } of (await reader.read()).records) found.push([String(key), String(value)]);
      }
      await reader.close();
    }
    return found;
  }

  /** `host:port` of each runner's HTTP, as the runners tell their group. */
  async announced(): Promise<string[]> {
    const { members } = await this.#log.describeGroup("kwf-run");
    return members.map(({ metadata }) => JSON.parse(metadata ?? "{}").admin);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
