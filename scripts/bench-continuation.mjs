#!/usr/bin/env node
// What a continuation costs: bytes kept between two records, and microseconds to load, run and save a step. Medians over many runs
// of the same step, which a step allows, being a function of state and record. Next to it, what v8.serialize and JSON need for the data that
// such a state holds, without code position, promises and closures. Below it, what a step costs in the runner: the process's time for a record
// of a batch, through the engine and the thread that runs the steps.
//
// Not measured: the time to load a bundle into a realm (once a process), the first steps of a process, before V8 has compiled what they run
// (WARM_UP), and anything that a broker or a disk adds.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import { build } from "@kwf/compiler";
import { loadBundle, step } from "@kwf/engine";
import { ThreadSteps } from "../runner/dist/steps/thread-steps.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const RUNS = Number(process.argv[2] ?? 1_000);
const NOW = Date.UTC(2020, 0, 1);
const WARM_UP = 8_000;
const BATCH = 200;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const record = (value, offset) => ({ key: "t", value, offset: String(offset), partition: 0, timestamp: NOW });
const answer = (ref, value) => JSON.stringify({ ref, value });

/** Brings a thread to the state in question; gives that state and the record that comes next. */
const CASES = [
  {
    name: "two awaits, at the first",
    entry: "scripts/bench/two-await.ts",
    prepare: (run) => {
      const [ref] = run('new:{"name":"Ada"}');
      return answer(ref, "Hello");
    },
    data: { name: "Ada", ref: "0:greeting:1" },
  },
  {
    name: "two awaits, at the second",
    entry: "scripts/bench/two-await.ts",
    prepare: (run) => {
      const [ref] = run('new:{"name":"Ada"}');
      const [next] = run(answer(ref, "Hello"));
      return answer(next, "Bye");
    },
    data: { name: "Ada", greeting: "Hello", ref: "1:farewell:1" },
  },
  {
    name: "saga, three branches waiting",
    entry: "demos/trip-booking-saga/src/index.ts",
    prepare: (run) => {
      const [car] = run('new:{"timeoutMS":60000}');
      return answer(car, { id: "car-1" });
    },
    data: {
      throwAfterHotel: false,
      timeoutMS: 60000,
      compensations: [],
      branches: ["car", "hotel", "flight"].map((part, n) => ({ part, ref: `0:${part}:${n + 1}` })),
      timer: { until: 60000, delay: "60000", ref: "0:sleep:4" },
    },
  },
  loop(1),
  loop(1000),
];

function loop(at) {
  return {
    name: `loop of 1,000, at step ${at.toLocaleString("en")}`,
    entry: "scripts/bench/loop.ts",
    prepare: (run) => {
      let [ref] = run("new:1001");
      for (let n = 1; n < at; n++) [ref] = run(answer(ref, 1));
      return answer(ref, 1);
    },
    data: { steps: 1001, total: at - 1, i: at - 1, ref: `${at - 1}:ref:1` },
  };
}

function time(work) {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin) / 1000;
}

async function measure({ name, entry, prepare, data }) {
  const { code } = await build(join(root, entry));
  const bundle = loadBundle(code);
  let state = null;
  let offset = 0;
  const value = prepare((text) => {
    const result = step(bundle, state, record(text, offset++), { timeoutMs: 0, now: NOW, seed: "bench" });
    if (result.status !== "running") throw new Error(`${name}: ${result.error?.message ?? result.status}`);
    state = result.state;
    return result.pending;
  });
  const samples = { load: [], run: [], save: [], v8: [], json: [] };
  for (let n = 0; n < RUNS + WARM_UP; n++) {
    const { micros, error } = step(bundle, state, record(value, offset), { timeoutMs: 0, now: NOW, seed: "bench" });
    if (error !== undefined) throw new Error(`${name}: ${error.message}`);
    if (n < WARM_UP) continue;
    for (const part of ["load", "run", "save"]) samples[part].push(micros[part]);
  }
  for (let n = 0; n < RUNS; n++) {
    samples.v8.push(time(() => v8.deserialize(v8.serialize(data))));
    samples.json.push(time(() => JSON.parse(JSON.stringify(data))));
  }
  const [load, run, save, v8Time, jsonTime] = Object.values(samples).map(median);
  return {
    name,
    bytes: state.length,
    load,
    run,
    save,
    v8Bytes: v8.serialize(data).length,
    v8Time,
    jsonBytes: Buffer.byteLength(JSON.stringify(data)),
    jsonTime,
  };
}

/** Microseconds of the process for a record: a start, and an answer to the ref that it waits for. */
async function measureBatches(entry) {
  const { code } = await build(join(root, entry));
  const { hash } = loadBundle(code);
  const steps = new ThreadSteps({ memoryMb: 512, log: () => {} });
  steps.addBundle(hash, code);
  const inBatch = async (records, states) => {
    const before = process.cpuUsage();
    const batch = { bundle: hash, records, states, held: new Map(), options: {}, maxHeld: 1, budgetMs: 60_000 };
    const answer = await steps.run(batch);
    const { user, system } = process.cpuUsage(before);
    return { ...answer, micros: (user + system) / records.length };
  };
  const inputs = (values) => values.map((value, n) => ({ input: { ...record(value, n), key: `t${n}` } }));
  const starts = [];
  const resumes = [];
  for (let n = 0; n < (RUNS + WARM_UP) / BATCH + 20; n++) {
    const start = await inBatch(inputs(Array(BATCH).fill("new:")), new Map());
    const resume = await inBatch(inputs(start.outcomes.map(({ pending }) => answer(pending[0], 1))), start.states);
    if (n * BATCH < WARM_UP) continue;
    starts.push(start.micros);
    resumes.push(resume.micros);
  }
  await steps.close();
  return `a start ${median(starts).toFixed(0)} us, a resume ${median(resumes).toFixed(0)} us`;
}

const HEAD = ["", "bytes", "load us", "run us", "save us", "v8 bytes", "v8 us", "JSON bytes", "JSON us"];
const rows = [];
for (const one of CASES) rows.push(await measure(one));
const cells = rows.map((row) =>
  Object.values(row).map((cell) =>
    typeof cell === "string"
      ? cell
      : cell < 1000 && !Number.isInteger(cell)
        ? cell.toFixed(1)
        : String(Math.round(cell)),
  ),
);
const widths = HEAD.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
const line = (row) =>
  `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
console.log(line(HEAD));
console.log(
  `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`,
);
for (const row of cells) console.log(line(row));
console.log(
  `\nin the runner, three requests, batches of ${BATCH}: ${await measureBatches("scripts/bench/three-requests.ts")}`,
);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
console.log(
  `\nkwf ${version}, Node ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}; medians of ${RUNS} runs; one realm for all steps`,
);
