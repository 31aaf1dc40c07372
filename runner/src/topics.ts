// Owns which topics a runner needs, how each has to be, and what is said when one is not.

import type { Log, NewTopic, TopicDescription } from "./log/log.js";
import type { Names } from "./names.js";
import { Problem } from "./problem.js";
import { describeVisible } from "./topic-table.js";

export type Cleanup = "compact" | "delete";

export interface NeededTopic {
  readonly name: string;
  /** Undefined: a topic of the manifest, which belongs to others too. */
  readonly cleanup: Cleanup | undefined;
  /** As many as `workflow-resume`, exactly that number, or anything. */
  readonly partitions: "as-resume" | "any" | number;
  readonly use: string;
  /** What the runner does there. */
  readonly does: readonly ("read" | "write")[];
}

const WRITE = ["write"] as const;
const BOTH = ["read", "write"] as const;

export function neededTopics(names: Names, outputTopics: readonly string[]): NeededTopic[] {
  const own: NeededTopic[] = [
    { name: names.resume, cleanup: "delete", partitions: "any", use: "starts and resumes threads", does: BOTH },
    { name: names.changelog(), cleanup: "compact", partitions: "as-resume", use: "the states of threads", does: BOTH },
    { name: names.status, cleanup: "compact", partitions: "any", use: "what became of threads", does: WRITE },
    { name: names.result, cleanup: "delete", partitions: "any", use: "what workflows returned", does: WRITE },
    { name: names.error, cleanup: "delete", partitions: "any", use: "what workflows threw", does: WRITE },
    {
      name: names.deadLetter,
      cleanup: "delete",
      partitions: "any",
      use: "records that could not be understood",
      does: WRITE,
    },
    { name: names.scheduler, cleanup: "delete", partitions: "any", use: "timers", does: WRITE },
    { name: names.bundles, cleanup: "compact", partitions: 1, use: "the code that threads run on", does: BOTH },
  ];
  const known = new Set(own.map(({ name }) => name));
  for (const topic of new Set(outputTopics.map((name) => names.topic(name)))) {
    if (!known.has(topic))
      own.push({ name: topic, cleanup: undefined, partitions: "any", use: "an output of the workflow", does: WRITE });
  }
  return own;
}

export interface TopicFinding {
  readonly topic: NeededTopic;
  readonly found: TopicDescription | undefined;
  readonly problem?: {
    readonly code: "missing-topics" | "wrong-cleanup-policy" | "wrong-partition-count" | "not-authorized";
    readonly message: string;
  };
}

export async function inspectTopics(log: Log, needed: readonly NeededTopic[], names: Names): Promise<TopicFinding[]> {
  const { found, hidden } = await describeVisible(
    log,
    needed.map(({ name }) => name),
  );
  const resume = found.get(names.resume);
  return needed.map((topic) => {
    const description = found.get(topic.name);
    const unseen = hidden.find(({ resource }) => resource.name === topic.name);
    const problem: TopicFinding["problem"] = unseen
      ? { code: "not-authorized", message: unseen.message }
      : problemOf(topic, description, resume);
    return { topic, found: description, ...(problem === undefined ? {} : { problem }) };
  });
}

function problemOf(
  { name, cleanup, partitions, use, does }: NeededTopic,
  found: TopicDescription | undefined,
  resume: TopicDescription | undefined,
): TopicFinding["problem"] {
  if (found === undefined) return { code: "missing-topics", message: `${name} does not exist (${use})` };
  const lacks = [
    ...does.filter((word) => found.may?.[word] === false).map((word) => OPERATION[word]),
    // Whether the cleanup policy is right stands in the settings.
    ...(cleanup !== undefined && found.settings.size === 0 ? ["DescribeConfigs"] : []),
  ];
  if (lacks.length > 0) {
    const rules = lacks.map((operation) => `--operation ${operation}`).join(" ");
    const message = `${name}: this client lacks permissions (it needs: kafka-acls.sh --add … ${rules} --topic ${name})`;
    return { code: "not-authorized", message };
  }
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

const OPERATION = { read: "Read", write: "Write" } as const;

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
    .filter(({ problem }) => problem?.code === "missing-topics")
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

const ADVICE = {
  "not-authorized": "\nThe permissions a runner needs are listed in docs/running.md.",
  "missing-topics": "\nCreate them with --create-topics or `kwf topics create`.",
  "wrong-partition-count": "\n`kwf topics check` lists what each has to be.",
  "wrong-cleanup-policy": "\n`kwf topics check` lists what each has to be.",
} as const;

/**
 * Throws Problem `not-authorized`, `missing-topics`, `wrong-partition-count` or `wrong-cleanup-policy`, for all of a kind at once. A topic of
 * the manifest that may not be written is none: it stops only who writes there. Returns what is said of those.
 */
export function mustBeRight(findings: readonly TopicFinding[]): string[] {
  const tolerated = findings.filter(({ topic, problem }) => problem?.code === "not-authorized" && !topic.cleanup);
  for (const code of Object.keys(ADVICE) as (keyof typeof ADVICE)[]) {
    const messages = findings.flatMap((finding) =>
      finding.problem?.code === code && !tolerated.includes(finding) ? [finding.problem.message] : [],
    );
    if (messages.length > 0) throw new Problem(code, messages.join("\n") + ADVICE[code]);
  }
  return tolerated.map(({ problem }) => problem!.message);
}
