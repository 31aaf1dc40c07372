#!/usr/bin/env node
// Measures, on one broker that it starts and ends: the bare loop (kafkajs: consume, transform, produce in a transaction, offsets in it),
// and kwf with the work "W3": each workflow writes a command, an outside service replies, three times. Client, service, broker and runner
// share the machine, so the numbers are for comparing, not for sizing.
//
// There are as many partitions as cores, unless told otherwise.
//
//   npm run bench:kafka [-- --records 40000 --workflows 2000 --partitions 2]

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "@kwf/compiler";
import { Kafka, logLevel } from "kafkajs";
import { KafkaLog } from "../runner/dist/log/kafka/kafka-log.js";
import { endWith, startBrokers, stopBrokers } from "../runner/dist/testing/brokers.js";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "40000" },
    workflows: { type: "string", default: "2000" },
    partitions: { type: "string", default: String(cpus().length) },
  },
});
const RECORDS = Number(values.records);
const WORKFLOWS = Number(values.workflows);
const PARTITIONS = Number(values.partitions);
const BATCH = 1_000;
const HOPS = 300;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), "kwf-bench-"));
const seconds = (begin) => (performance.now() - begin) / 1000;
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const rate = (count, begin) => Math.round(count / seconds(begin));

/** Reads all partitions of a topic from its end on, until closed. */
async function follow(log, topic, take) {
  const places = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }));
  const ends = await log.endOffsets(places, "committed");
  const readers = places.map((where, index) => log.reader({ ...where, from: ends[index], maxWaitMs: 100 }));
  let open = true;
  const done = Promise.all(
    readers.map(async (reader) => {
      while (open) {
        const { records } = await reader.read().catch(() => ({ records: [] }));
        if (records.length > 0) await take(records);
      }
    }),
  );
  return async () => {
    open = false;
    await Promise.all(readers.map((reader) => reader.close()));
    await done;
  };
}

async function fill(log, topic, count, value) {
  for (let at = 0; at < count; at += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, count - at) }, (_, n) => ({
      topic,
      key: `key-${at + n}`,
      value,
    }));
    await log.produce(some);
  }
}

async function bareLoop(cluster, log) {
  const name = (word) => `bare-${word}`;
  await log.createTopics(["in", "out", "state"].map((word) => ({ name: name(word), partitions: PARTITIONS })));
  await fill(log, name("in"), RECORDS, "x".repeat(20));
  const kafka = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING });
  const producers = await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, n) => {
      const retry = { initialRetryTime: 2, retries: 20 };
      const producer = kafka.producer({
        transactionalId: `bare-${n}`,
        maxInFlightRequests: 1,
        idempotent: true,
        retry,
      });
      await producer.connect();
      return producer;
    }),
  );
  const consumer = kafka.consumer({ groupId: "bare", readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic: name("in"), fromBeginning: true });
  const state = "s".repeat(1_000);
  let done = 0;
  let begin = 0;
  let finished;
  const all = new Promise((resolve) => {
    finished = resolve;
  });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: PARTITIONS,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      begin ||= performance.now();
      const { partition, messages } = batch;
      for (let at = 0; at < messages.length; at += BATCH) {
        const some = messages.slice(at, at + BATCH);
        const transaction = await producers[partition].transaction();
        const out = some.map(({ key, value }) => ({ key, value, partition }));
        const kept = some.map(({ key }) => ({ key, value: state, partition }));
        // One record batch a partition and request: 500 records of 1,000 bytes stay below its limit.
        for (let n = 0; n < some.length; n += 500) {
          const topicMessages = [
            { topic: name("out"), messages: out.slice(n, n + 500) },
            { topic: name("state"), messages: kept.slice(n, n + 500) },
          ];
          await transaction.sendBatch({ topicMessages });
        }
        const offset = String(Number(some.at(-1).offset) + 1);
        await transaction.sendOffsets({
          consumerGroupId: "bare",
          topics: [{ topic: name("in"), partitions: [{ partition, offset }] }],
        });
        await transaction.commit();
        resolveOffset(some.at(-1).offset);
        await heartbeat();
        done += some.length;
        if (done >= RECORDS) finished();
      }
    },
  });
  await all;
  const perSecond = rate(done, begin);
  await consumer.disconnect();

  // One record a transaction, to its read-committed output.
  const hops = [];
  let heard = () => {};
  const stop = await follow(log, name("out"), async () => heard());
  for (let n = 0; n < HOPS; n++) {
    const sent = performance.now();
    const arrived = new Promise((resolve) => {
      heard = resolve;
    });
    const transaction = await producers[0].transaction();
    await transaction.send({ topic: name("out"), messages: [{ key: "k", value: "v", partition: 0 }] });
    await transaction.commit();
    await arrived;
    hops.push(performance.now() - sent);
  }
  await stop();
  await Promise.all(producers.map((producer) => producer.disconnect()));
  hops.sort((a, b) => a - b);
  return { perSecond, p50: quantile(hops, 0.5), p99: quantile(hops, 0.99) };
}

async function startRunner(cluster, bundle, more = []) {
  const kwf = join(root, "runner/bin/kwf.js");
  const place = ["--brokers", cluster.brokers.join(","), "--state-dir", join(scratch, "state"), "--admin-port", "0"];
  const create = ["--create-topics", "--partitions", String(PARTITIONS)];
  const child = spawn(process.execPath, [kwf, "run", bundle, ...place, ...create, ...more], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  let admin;
  createInterface({ input: child.stderr }).on("line", (line) => {
    text += `${line}\n`;
    if (line.startsWith("{")) admin ??= JSON.parse(line).admin;
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`kwf run ended:\n${text}`);
    const answer = admin === undefined ? undefined : await fetch(`${admin}/readyz`).catch(() => undefined);
    const running = answer?.status === 200 ? (await answer.json()).partitions : [];
    if (running.filter(({ role }) => role === "run").length === PARTITIONS) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ticks = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  return {
    cpuSeconds: () => ticks() / 100,
    rssMb: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024),
    /** When, and with what count of started threads, that was so. */
    started: async (enough) => {
      for (;;) {
        const text = await (await fetch(`${admin}/metrics`)).text();
        const count = Number(/^kwf_records_total\{fate="started"\} (\d+)/m.exec(text)?.[1] ?? 0);
        if (enough(count)) return [performance.now(), count];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill("SIGTERM");
      }),
  };
}

/** Keeps so many workflows going until `total` have ended. */
async function inFlight(log, many, total, tag) {
  const began = new Map();
  const times = [];
  let next = 0;
  let finished;
  const all = new Promise((resolve) => {
    finished = resolve;
  });
  const begin = async (count) => {
    const records = [];
    for (let n = 0; n < count && next < total; n++) {
      const key = `${tag}-${next++}`;
      began.set(key, performance.now());
      records.push({ topic: "workflow-resume", key, value: "new:" });
    }
    if (records.length > 0) await log.produce(records);
  };
  const stopService = await follow(log, "commands", (records) =>
    log.produce(
      records.map(({ key, value }) => ({
        topic: "workflow-resume",
        key,
        value: `{"ref":${JSON.stringify(JSON.parse(value).ref)},"value":1}`,
      })),
    ),
  );
  const stopClient = await follow(log, "workflow-result", async (records) => {
    for (const { key } of records) times.push(performance.now() - began.get(key.toString()));
    if (times.length >= total) finished();
    await begin(records.length);
  });
  const start = performance.now();
  await begin(many);
  await all;
  const perSecond = rate(total, start);
  await stopService();
  await stopClient();
  times.sort((a, b) => a - b);
  return { perSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

const ms = (value) => `${value.toFixed(1)} ms`;

// As users start one, not as tests do: its JVM is to be fast later, and its settings are Kafka's own.
const folder = mkdtempSync(join(tmpdir(), "kwf-bench-kafka-"));
endWith(process.pid, folder);
const { version, brokers } = await startBrokers({ folder, ownsFolder: true, heap: "1g" });
const cluster = { version, brokers: brokers.map(({ address }) => address) };
const log = new KafkaLog({ brokers: cluster.brokers });
try {
  console.log(`${cpus().length} cores, Node ${process.version}, Kafka ${cluster.version}, ${PARTITIONS} partitions`);
  const bare = await bareLoop(cluster, log);
  console.log(
    `bare loop        ${bare.perSecond} records/s; a transaction of one record to its reader: p50 ${ms(bare.p50)}, p99 ${ms(bare.p99)}`,
  );

  const bundle = join(scratch, "three-requests.js");
  writeFileSync(bundle, (await build(join(root, "scripts/bench/three-requests.ts"))).code);
  const runner = await startRunner(cluster, bundle);
  // Until the broker's JVM has compiled what all this takes: it needs some ten thousands of transactions.
  for (const many of [256, 64]) await inFlight(log, many, 2 * WORKFLOWS, `warm${many}`);
  let single;
  for (const many of [1, 64, 256]) {
    const total = many === 1 ? Math.min(100, WORKFLOWS) : WORKFLOWS;
    const cpu = runner.cpuSeconds();
    const begin = performance.now();
    const { perSecond, p50, p99 } = await inFlight(log, many, total, `w${many}`);
    if (many === 1) single = p50;
    const share = Math.round(((runner.cpuSeconds() - cpu) / seconds(begin)) * 100);
    console.log(
      `W3, ${String(many).padStart(3)} at once  ${perSecond} workflows/s, ${perSecond * 4} records/s; p50 ${ms(p50)}, p99 ${ms(p99)}; runner ${share}% of a core, ${runner.rssMb()} MB`,
    );
  }
  console.log(
    `a hop of W3      ${ms(single / 7)}: a seventh of one workflow alone (4 transactions of the runner, 3 replies)`,
  );
  await runner.stop();

  await fill(log, "workflow-resume", RECORDS, "new:");
  const last = await startRunner(cluster, bundle);
  const [begun, first] = await last.started((count) => count > 0);
  const [ended] = await last.started((count) => count >= RECORDS);
  const kwf = Math.round((RECORDS - first) / ((ended - begun) / 1000));
  const ratio = (kwf / bare.perSecond).toFixed(2);
  console.log(`kwf, starts only ${kwf} records/s of a backlog, ${ratio} of the bare loop; ${last.rssMb()} MB`);
  await last.stop();
} finally {
  await log.close();
  await stopBrokers(folder);
  rmSync(scratch, { recursive: true, force: true });
}
