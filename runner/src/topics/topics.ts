// Owns which topics a runner needs, how each has to be, and what is said when one is not.

import type { Log, NewTopic, TopicDescription } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { Problem } from "../problem.js";
import { describeVisible } from "./topic-table.js";

export type Cleanup = "compact" | "delete";

export interface NeededTopic {
  readonly name: string;
  /** Undefined: a topic of the manifest, which belongs to others too. */
  readonly cleanup: Cleanup | undefined;
  /** As many as that topic, exactly that number, or anything. */
  readonly partitions: { readonly as: string } | "any" | number;
  readonly use: string;
  /** What the runner does there. */
  readonly does: readonly ("read" | "write")[];
}

const WRITE = ["write"] as const;
const BOTH = ["read", "write"] as const;

/** Those that a bundle names, without prefix. */
export interface BundleTopics {
  readonly outputTopics?: readonly string[];
  readonly inputTopics?: readonly string[];
}

/** What these roles need; a changelog has as many partitions as the input whose changes it keeps. */
export function neededTopics(
  names: Names,
  { outputTopics = [], inputTopics = [] }: BundleTopics,
  roles: readonly RoleName[] = ["run", "scheduler"],
): NeededTopic[] {
  const { resume, scheduler, status, result, error, deadLetter, bundles } = names;
  const has = { run: roles.includes("run"), scheduler: roles.includes("scheduler") };
  const compact = { cleanup: "compact", partitions: "any" } as const;
  const kept = { cleanup: "delete", partitions: "any" } as const;
  const needed: NeededTopic[] = [
    { name: resume, ...kept, use: "starts and resumes threads", does: has.run ? BOTH : WRITE },
    { name: scheduler, ...kept, use: "sets timers and takes them back", does: has.scheduler ? BOTH : WRITE },
    { name: deadLetter, ...kept, use: "records that could not be understood", does: WRITE },
  ];
  if (has.run) {
    const changelog = names.changelog("run");
    needed.push(
      { name: changelog, ...compact, partitions: { as: resume }, use: "the states of threads", does: BOTH },
      { name: status, ...compact, use: "what became of threads", does: BOTH },
      { name: result, ...kept, use: "what workflows returned", does: WRITE },
      { name: error, ...kept, use: "what workflows threw", does: WRITE },
      { name: bundles, ...compact, partitions: 1, use: "the code that threads run on", does: BOTH },
    );
  }
  if (has.scheduler) {
    const changelog = names.changelog("scheduler");
    needed.push({ name: changelog, ...compact, partitions: { as: scheduler }, use: "timers that wait", does: BOTH });
  }
  const known = new Map(needed.map((topic) => [topic.name, topic]));
  const add = (name: string, use: string, does: "read" | "write") => {
    const there = known.get(name);
    const all = new Set([...(there?.does ?? []), does]);
    known.set(name, { name, cleanup: undefined, partitions: "any", use, ...there, does: [...all] });
  };
  for (const name of inputTopics) add(names.topic(name), "an input of the workflow", "read");
  for (const name of outputTopics) add(names.topic(name), "an output of the workflow", "write");
  return [...known.values()];
}

export interface TopicFinding {
  readonly topic: NeededTopic;
  readonly found: TopicDescription | undefined;
  readonly problem?: {
    readonly code: "missing-topics" | "wrong-cleanup-policy" | "wrong-partition-count" | "not-authorized";
    readonly message: string;
  };
}

export async function inspectTopics(log: Log, needed: readonly NeededTopic[]): Promise<TopicFinding[]> {
  const { found, hidden } = await describeVisible(
    log,
    needed.map(({ name }) => name),
  );
  return needed.map((topic) => {
    const description = found.get(topic.name);
    const unseen = hidden.find(({ resource }) => resource.name === topic.name);
    const problem: TopicFinding["problem"] = unseen
      ? { code: "not-authorized", message: unseen.message }
      : problemOf(topic, description, found);
    return { topic, found: description, ...(problem === undefined ? {} : { problem }) };
  });
}

function problemOf(
  { name, cleanup, partitions, use, does }: NeededTopic,
  found: TopicDescription | undefined,
  others: ReadonlyMap<string, TopicDescription>,
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
  const like = typeof partitions === "object" ? partitions.as : undefined;
  const wanted = like === undefined ? partitions : others.get(like)?.partitions;
  if (typeof wanted === "number" && found.partitions !== wanted) {
    const why = like === undefined ? "no more, no less" : `as many as ${like}`;
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
  const there = new Map(findings.map(({ topic, found }) => [topic.name, found?.partitions]));
  const any = there.get(names.resume) ?? partitions;
  const topics = findings
    .filter(({ problem }) => problem?.code === "missing-topics")
    .map(({ topic }): NewTopic => {
      const like = typeof topic.partitions === "object" ? there.get(topic.partitions.as) : undefined;
      const count = typeof topic.partitions === "number" ? topic.partitions : (like ?? any);
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
  const tolerated = findings.filter(
    ({ topic, problem }) => problem?.code === "not-authorized" && !topic.cleanup && !topic.does.includes("read"),
  );
  for (const code of Object.keys(ADVICE) as (keyof typeof ADVICE)[]) {
    const messages = findings.flatMap((finding) =>
      finding.problem?.code === code && !tolerated.includes(finding) ? [finding.problem.message] : [],
    );
    if (messages.length > 0) throw new Problem(code, messages.join("\n") + ADVICE[code]);
  }
  return tolerated.map(({ problem }) => problem!.message);
}
