// What `kwf doctor` looks at: each check says what it found, and where something is wrong what to do about it. Nothing is changed.

import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { AdminClient, AdminRefused } from "../admin/admin-client.js";
import { announcedAddress } from "../admin/announced-threads.js";
import { NotAuthorized } from "../log/errors.js";
import { type Log, partitionKey, type TopicPartition } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { formatDuration } from "../terminal/duration.js";
import { count } from "../terminal/table.js";
import { type BundleTopics, inspectTopics, neededTopics } from "../topics/topics.js";

export interface Finding {
  /** `warning`: it runs, and somebody should look. */
  readonly level: "ok" | "warning" | "problem";
  readonly check: string;
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

export interface Patient {
  readonly log: Log;
  readonly names: Names;
  readonly stateDirectory: string;
  readonly token: string | undefined;
  /** Those of a bundle. */
  readonly topics: BundleTopics;
}

const ROLES: readonly RoleName[] = ["run", "scheduler"];
const LEAST_NODE = [20, 19];
const LITTLE_ROOM = 1024 ** 3;
const PATIENCE_MS = 3_000;
const MUCH_LAG = 1_000;
/** A runner's own end after ten seconds, or are ended. */
const LONG_OPEN_MS = 30_000;

const ok = (check: string, message: string): Finding => ({ level: "ok", check, message });
const warning = (check: string, message: string, advice: string): Finding => ({
  level: "warning",
  check,
  message,
  advice,
});
const problem = (check: string, message: string, advice: string): Finding => ({
  level: "problem",
  check,
  message,
  advice,
});

/** In the order in which one thing needs the other. */
export async function* examine(patient: Patient): AsyncGenerator<Finding> {
  yield node();
  yield directory(patient.stateDirectory);
  for (const check of [topics, groups, changelogs, transactions] as const) {
    try {
      yield* await check(patient);
    } catch (error) {
      if (!(error instanceof NotAuthorized)) throw error;
      yield problem("permissions", error.message, "the permissions a runner needs are listed in docs/running.md");
    }
  }
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const old = major < LEAST_NODE[0]! || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]!);
  const name = `Node ${process.versions.node}`;
  return old ? problem("node", name, `kwf needs Node ${LEAST_NODE.join(".")} or later`) : ok("node", name);
}

function directory(path: string): Finding {
  let there = resolve(path);
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK);
  } catch {
    return problem(
      "state directory",
      `${path}: ${there} cannot be written`,
      "give the runner's user the right, or name another with --state-dir",
    );
  }
  const { bavail, bsize } = statfsSync(there);
  const room = bavail * bsize;
  const message = `${path}: ${(room / 1024 ** 3).toFixed(1)} GB free`;
  return room < LITTLE_ROOM
    ? warning("state directory", message, "make room: the states of all threads of a runner's partitions lie here")
    : ok("state directory", message);
}

async function topics({ log, names, topics: named }: Patient): Promise<Finding[]> {
  const findings = await inspectTopics(log, neededTopics(names, named));
  const wrong = findings.flatMap(({ problem: found }) => (found === undefined ? [] : [found]));
  const advice = {
    "missing-topics": "`kwf topics create` makes it; if it has been there, --prefix or --group is not the runner's",
    "wrong-cleanup-policy": "kafka-configs.sh --alter --add-config cleanup.policy=… sets it",
    "wrong-partition-count": "it cannot be changed under running threads: make the topic anew, or restore the number",
    "not-authorized": "the permissions a runner needs are listed in docs/running.md",
  };
  return wrong.length === 0
    ? [ok("topics", `${count(findings.length, "topic")} as they have to be`)]
    : wrong.map(({ code, message }) => problem("topics", `${message} [${code}]`, advice[code]));
}

/** Who runs, whether they are well, and how far behind they are. */
async function groups({ log, names, token }: Patient): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const role of ROLES) {
    const group = names.consumerGroup(role);
    const { state, members } = await log.describeGroup(group);
    const what = `group ${group}`;
    if (members.length === 0) {
      const advice =
        role === "run"
          ? "start one: `kwf run bundle.js`"
          : "start one: `kwf scheduler`, or `kwf run` without --no-scheduler";
      found.push(warning(what, `nobody runs (${state})`, advice));
    } else if (state !== "Stable") {
      found.push(
        warning(
          what,
          `${count(members.length, "member")}, ${state}`,
          "ask again in a few seconds: partitions are shared out",
        ),
      );
    } else found.push(ok(what, count(members.length, "member")));
    if (role === "run")
      for (const { metadata } of members) found.push(...(await health(announcedAddress(metadata), token)));
    found.push(...(await lag(log, names, role, members.length > 0)));
  }
  return found;
}

async function health(address: string | undefined, token: string | undefined): Promise<Finding[]> {
  if (address === undefined) return [];
  const check = `runner ${address}`;
  try {
    await new AdminClient({ url: `http://${address}`, token, patienceMs: PATIENCE_MS }).json("/healthz");
    return [ok(check, "is well")];
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof AdminRefused)
      return [problem(check, problemsIn(message), "its log says more; /readyz says what it waits for")];
    return [warning(check, message, "from here it cannot be asked: --advertise HOST:PORT says where it can")];
  }
}

/** `/healthz` says no with a body of its own. */
function problemsIn(text: string): string {
  try {
    const { problems } = JSON.parse(text) as { problems?: unknown };
    return Array.isArray(problems) ? problems.join("; ") : text;
  } catch {
    return text;
  }
}

async function lag(log: Log, names: Names, role: RoleName, runs: boolean): Promise<Finding[]> {
  const group = names.consumerGroup(role);
  const places = await partitionsOf(log, names.input(role));
  if (places.length === 0) return [];
  const ends = await log.endOffsets(places, "committed");
  const starts = await log.startOffsets(places);
  const offsets = await log.groupOffsets(group, places);
  let behind = 0;
  const lost: string[] = [];
  places.forEach(({ topic, partition }, index) => {
    const offset = offsets.get(partitionKey({ topic, partition }));
    behind += Math.max(0, ends[index]! - (offset ?? starts[index]!));
    if (offset !== undefined && offset < starts[index]!) lost.push(`${topic}-${partition}`);
  });
  const check = `lag of ${group}`;
  const found: Finding[] = [];
  if (lost.length > 0)
    found.push(
      problem(
        check,
        `records of ${lost.join(", ")} were deleted before they were run`,
        "raise retention.ms of the topic; the runner's message says how to go on (docs/running.md)",
      ),
    );
  const message = `${count(behind, "record")} behind, as the group says`;
  if (behind > MUCH_LAG)
    found.push(warning(check, message, runs ? "more runners, or look at /metrics for what is slow" : "nobody runs"));
  else found.push(ok(check, message));
  return found;
}

/** A changelog that was emptied or made anew has lost the threads that it held. */
async function changelogs({ log, names }: Patient): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const role of ROLES) {
    const inputs = await partitionsOf(log, names.input(role));
    const changelog = names.changelog(role);
    const places = await partitionsOf(log, changelog);
    if (inputs.length === 0 || places.length === 0) continue;
    const offsets = await log.groupOffsets(names.consumerGroup(role), inputs);
    const ends = await log.endOffsets(places, "uncommitted");
    const empty = places.filter(
      ({ partition }, index) =>
        ends[index] === 0 && (offsets.get(partitionKey({ topic: names.input(role), partition })) ?? 0) > 0,
    );
    const check = `changelog ${changelog}`;
    if (empty.length === 0) found.push(ok(check, `${count(places.length, "partition")}, none lost`));
    else {
      const which = empty.map(({ partition }) => partition).join(", ");
      found.push(
        problem(
          check,
          `partition ${which} is empty, and records have been run`,
          "its states are lost: restore the topic; --accept-loss goes on without them",
        ),
      );
    }
  }
  return found;
}

/** One that is never ended stops everybody who reads committed records behind it. */
async function transactions({ log, names, topics: { outputTopics = [] } }: Patient): Promise<Finding[]> {
  const looked = [
    names.resume,
    names.scheduler,
    names.status,
    names.result,
    ...ROLES.map((role) => names.changelog(role)),
    ...outputTopics.map((name) => names.topic(name)),
  ];
  const found: Finding[] = [];
  for (const topic of looked) {
    const places = await partitionsOf(log, topic);
    if (places.length === 0) continue;
    const [committed, all] = [await log.endOffsets(places, "committed"), await log.endOffsets(places, "uncommitted")];
    for (const [index, where] of places.entries()) {
      if (committed[index]! >= all[index]!) continue;
      const open = await log.openTransaction(where);
      if (open === undefined) continue;
      const since = Date.now() - (await timeAt(log, where, open.firstOffset));
      if (since < LONG_OPEN_MS) continue;
      const message = `${topic}-${where.partition}: producer ${open.producerId} has had a transaction open since offset ${open.firstOffset}, ${formatDuration(since)} ago`;
      found.push(problem("transactions", message, open.command ?? "kafka-transactions.sh abort ends it"));
    }
  }
  return found.length === 0 ? [ok("transactions", "none hangs")] : found;
}

async function timeAt(log: Log, where: TopicPartition, offset: number): Promise<number> {
  const reader = log.reader({ ...where, from: offset, isolation: "uncommitted" });
  try {
    return (await reader.read()).records.find((record) => record.offset >= offset)?.timestamp ?? Date.now();
  } finally {
    await reader.close();
  }
}

async function partitionsOf(log: Log, topic: string): Promise<TopicPartition[]> {
  const partitions = (await log.describeTopics([topic])).get(topic)?.partitions ?? 0;
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}
