import { runJava } from "./java.js";
import type { Stage } from "./stage.js";

/** `key value` by topic, read with Apache's own client in read-committed mode. */
export function readIndependently(
  { brokers, prefix, cluster }: Pick<Stage, "brokers" | "prefix" | "cluster">,
  topics: readonly string[],
): Record<string, string[]> {
  const text = runJava("IndependentReader", cluster.version, [brokers, ...topics.map((topic) => `${prefix}${topic}`)]);
  const found: Record<string, string[]> = Object.fromEntries(topics.map((topic) => [topic, []]));
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [topic, key, value] = JSON.parse(line) as [string, string | null, string | null];
    found[topic.slice(prefix.length)]!.push(`${key} ${value}`);
  }
  return found;
}
