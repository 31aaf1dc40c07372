import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kafkaJars } from "../src/testing/kafka-jars.js";
import type { Stage } from "./stage.js";

const PROGRAM = fileURLToPath(new URL("./IndependentReader.java", import.meta.url));

/** `key value` by topic, read with Apache's own client in read-committed mode. */
export function readIndependently(
  { brokers, prefix, cluster }: Stage,
  topics: readonly string[],
): Record<string, string[]> {
  const classpath = join(kafkaJars(cluster.version), "*");
  const options = [
    "-Xmx128m",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    "-cp",
    classpath,
  ];
  const args = [...options, PROGRAM, brokers, ...topics.map((topic) => `${prefix}${topic}`)];
  const text = execFileSync("java", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const found: Record<string, string[]> = Object.fromEntries(topics.map((topic) => [topic, []]));
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [topic, key, value] = JSON.parse(line) as [string, string | null, string | null];
    found[topic.slice(prefix.length)]!.push(`${key} ${value}`);
  }
  return found;
}
