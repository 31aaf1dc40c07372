// Owns which topics a runner needs, how each has to be, and what is said when one is not.

import type { Log, NewTopic, TopicDescription } from "./log/log.js";
import type { Names } from "./names.js";
import { Problem } from "./problem.js";

export type Cleanup = "compact" | "delete";

export interface NeededTopic {
  readonly name: string;
  /** Undefined: a topic of the manifest, which belongs to others too. */
  readonly cleanup: Cleanup | undefined;
  /** As many as `workflow-resume`, exactly that number, or anything. */
  readonly partitions: "as-resume" | "any" | number;
  readonly use: string;
}

export function neededTopics(names: Names, outputTopics: readonly string[]): NeededTopic[] {
  const own: NeededTopic[] = [
    { name: names.resume, cleanup: "delete", partitions: "any", use: "starts and resumes threads" },
    { name: names.changelog(), cleanup: "compact", partitions: "as-resume", use: "the states of threads" },
    { name: names.status, cleanup: "compact", partitions: "any", use: "what became of threads" },
    { name: names.result, cleanup: "delete", partitions: "any", use: "what workflows returned" },
    { name: names.error, cleanup: "delete", partitions: "any", use: "what workflows threw" },
    { name: names.deadLetter, cleanup: "delete", partitions: "any", use: "records that could not be understood" },
    { name: names.scheduler, cleanup: "delete", partitions: "any", use: "timers" },
    { name: names.bundles, cleanup: "compact", partitions: 1, use: "the code that threads run on" },
  ];
  const known = new Set(own.map(({ name }) => name));
  for (const topic of new Set(outputTopics.map((name) => names.topic(name)))) {
    if (!known.has(topic))
      own.push({ name: topic, cleanup: undefined, partitions: "any", use: "an output of the workflow" });
  }
  return own;
}

export interface TopicFinding {
  readonly topic: NeededTopic;
  readonly found: TopicDescription | undefined;
  readonly problem?: {
    readonly code: "missing-topics" | "wrong-cleanup-policy" | "wrong-partition-count";
    readonly message: string;
  };
}

export async function inspectTopics(log: Log, needed: readonly NeededTopic[], names: Names): Promise<TopicFinding[]> {
  const found = await log.describeTopics(needed.map(({ name }) => name));
  const resume = found.get(names.resume);
  return needed.map((topic) => {
    const description = found.get(topic.name);
    const problem = problemOf(topic, description, resume);
    return { topic, found: description, ...(problem === undefined ? {} : { problem }) };
  });
}

function problemOf(
  { name, cleanup, partitions, use }: NeededTopic,
  found: TopicDescription | undefined,
  resume: TopicDescription | undefined,
): TopicFinding["problem"] {
  if (found === undefined) return { code: "missing-topics", message: `${name} does not exist (${use})` };
  const { compact, delete: deletes } = found.cleanup;
  if (cleanup === "compact" && (!compact || deletes)) {
    const message = `${name} has cleanup.policy=${policy(found)}: it has to be compact, or its records are lost with time`;
    return { code: "wrong-cleanup-policy", message };
  }
  if (cleanup === "delete" && compact) {
    const message = `${name} has cleanup.policy=${policy(found)}: it has to be delete, or records of one thread replace each other`;
    return { code: "wrong-cleanup-policy", message };
  }
  const wanted = partitions === "as-resume" ? resume?.partitions : partitions;
  if (typeof wanted === "number" && found.partitions !== wanted) {
    const why = partitions === "as-resume" ? `as many as ${resume?.name}` : "no more, no less";
    const message = `${name} has ${found.partitions} partitions, and it has to have ${wanted}: ${why}`;
    return { code: "wrong-partition-count", message };
  }
  return undefined;
}

const policy = ({ cleanup }: TopicDescription): string =>
  [cleanup.compact ? "compact" : "", cleanup.delete ? "delete" : ""].filter((word) => word !== "").join(",");

export interface CreateOptions {
  /** Of every topic that may have any number. */
  readonly partitions: number;
  /** The cluster's default, if absent. */
  readonly replicas?: number;
}

/** Creates what is missing, and nothing else; the names of what it created. */
export async function createMissing(
  log: Log,
  findings: readonly TopicFinding[],
  names: Names,
  { partitions, replicas }: CreateOptions,
): Promise<string[]> {
  const resume = findings.find(({ topic }) => topic.name === names.resume)?.found?.partitions ?? partitions;
  const topics = findings
    .filter(({ found }) => found === undefined)
    .map(({ topic }): NewTopic => {
      const count = topic.partitions === "as-resume" || topic.partitions === "any" ? resume : topic.partitions;
      const compact = topic.cleanup === "compact";
      return {
        name: topic.name,
        partitions: count,
        ...(replicas === undefined ? {} : { replicas }),
        settings: { "cleanup.policy": compact ? "compact" : "delete" },
      };
    });
  if (topics.length > 0) await log.createTopics(topics);
  return topics.map(({ name }) => name);
}

/** Throws Problem `missing-topics`, `wrong-cleanup-policy` or `wrong-partition-count`, for all of a kind at once. */
export function mustBeRight(findings: readonly TopicFinding[]): void {
  for (const code of ["missing-topics", "wrong-partition-count", "wrong-cleanup-policy"] as const) {
    const messages = findings.flatMap(({ problem }) => (problem?.code === code ? [problem.message] : []));
    if (messages.length === 0) continue;
    const advice =
      code === "missing-topics"
        ? "\nCreate them with --create-topics or `kwf topics create`."
        : "\n`kwf topics check` lists what each has to be.";
    throw new Problem(code, messages.join("\n") + advice);
  }
}
