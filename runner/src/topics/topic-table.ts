import { NotAuthorized, TopicMissing } from "../log/errors.js";
import type { Log, TopicDescription } from "../log/log.js";

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
    const { found } = await describeVisible(this.#log, names);
    for (const name of names) {
      const now = found.get(name);
      if (now === undefined) this.#known.delete(name);
      else this.#known.set(name, now);
    }
  }
}

/** A topic that this client may not see is no reason to know nothing of the others. */
export async function describeVisible(
  log: Log,
  topics: readonly string[],
): Promise<{ found: Map<string, TopicDescription>; hidden: NotAuthorized[] }> {
  const hidden: NotAuthorized[] = [];
  for (let asked = topics; ; ) {
    try {
      return { found: await log.describeTopics(asked), hidden };
    } catch (error) {
      const name = error instanceof NotAuthorized && error.resource.kind === "topic" ? error.resource.name : undefined;
      if (name === undefined || !asked.includes(name)) throw error;
      hidden.push(error as NotAuthorized);
      asked = asked.filter((topic) => topic !== name);
    }
  }
}
