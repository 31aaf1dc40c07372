import { TopicMissing } from "./log/errors.js";
import type { Log, TopicDescription } from "./log/log.js";

/** What is known of topics, asked for once and again when `refresh` is called. */
export class TopicTable {
  readonly #log: Log;
  readonly #known = new Map<string, TopicDescription>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Throws TopicMissing. */
  async describe(topic: string): Promise<TopicDescription> {
    await this.learn([topic]);
    return this.get(topic);
  }

  /** Asks for those that are not known yet. */
  async learn(topics: Iterable<string>): Promise<void> {
    const missing = [...new Set(topics)].filter((topic) => !this.#known.has(topic));
    if (missing.length === 0) return;
    for (const [name, found] of await this.#log.describeTopics(missing)) this.#known.set(name, found);
  }

  /** Throws TopicMissing for one that was not learned. */
  get(topic: string): TopicDescription {
    const found = this.#known.get(topic);
    if (found === undefined) throw new TopicMissing(`topic ${topic} does not exist`, topic);
    return found;
  }

  async refresh(names: readonly string[] = [...this.#known.keys()]): Promise<void> {
    const now = await this.#log.describeTopics(names);
    for (const name of names) {
      const found = now.get(name);
      if (found === undefined) this.#known.delete(name);
      else this.#known.set(name, found);
    }
  }
}
