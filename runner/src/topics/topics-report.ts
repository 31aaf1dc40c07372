// `kwf topics create` and `kwf topics check`.

import { ExitCode } from "../exit-code.js";
import { readBundle } from "../runner/run-bundle.js";
import type { Flags } from "../settings/settings.js";
import { withKafka } from "../with-kafka.js";
import { type BundleTopics, createMissing, inspectTopics, neededTopics, type TopicFinding } from "./topics.js";

export async function createTopics(bundle: string | undefined, { json, ...flags }: Flags): Promise<void> {
  const named = topicsOf(bundle);
  await withKafka(flags, async ({ log, names, settings }) => {
    const needed = neededTopics(names, named);
    const replicas = settings.get("replicas");
    const created = await createMissing(log, await inspectTopics(log, needed), names, {
      partitions: Math.max(1, settings.number("partitions", 8)),
      ...(replicas === undefined ? {} : { replicas: settings.number("replicas", 1) }),
    });
    report(await inspectTopics(log, needed), json === true, new Set(created));
  });
}

export async function checkTopics(bundle: string | undefined, { json, ...flags }: Flags): Promise<void> {
  const named = topicsOf(bundle);
  await withKafka(flags, async ({ log, names }) => {
    report(await inspectTopics(log, neededTopics(names, named)), json === true, new Set());
  });
}

const topicsOf = (bundle: string | undefined): BundleTopics =>
  bundle === undefined ? {} : readBundle(bundle).manifest;

function report(findings: readonly TopicFinding[], asJson: boolean, created: ReadonlySet<string>): void {
  if (findings.some(({ problem }) => problem !== undefined)) process.exitCode = ExitCode.failed;
  if (asJson) {
    const topics = findings.map(({ topic: { name, use }, found, problem }) => ({
      name,
      use,
      partitions: found?.partitions ?? null,
      replicas: found?.replicas ?? null,
      created: created.has(name),
      ...(problem === undefined ? {} : { problem }),
    }));
    console.log(JSON.stringify({ topics }));
    return;
  }
  for (const { topic, found, problem } of findings) {
    const state = problem === undefined ? (created.has(topic.name) ? "created" : "ok") : problem.code;
    const numbers = found === undefined ? "" : `, ${found.partitions} partitions, ${found.replicas} copies`;
    console.log(`${state.padEnd(8)} ${topic.name}: ${problem?.message ?? `${topic.use}${numbers}`}`);
  }
}
