#!/usr/bin/env node
// What a continuation costs: bytes kept between two records, and microseconds to load, run and save a step. Medians over many runs
// of the same step, which a step allows, being a function of state and record. Next to it, what v8.serialize and JSON need to save and to load the
// data that such a state holds, without code position, promises and closures. Below it, what a step costs in the runner: the process's time for a
// record of a batch, through the engine and the thread that runs the steps; and what compiling costs (bench/compile.mjs).
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
import { measureCompile } from "./bench/compile.mjs";

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
  {
    name: "loop of 100 with closures, at the last",
    entry: "scripts/bench/closures.ts",
    prepare: (run) => {
      let [ref] = run("new:100");
      for (let n = 1; n < 100; n++) [ref] = run(answer(ref, "yes"));
      return answer(ref, "yes");
    },
    data: {
      count: 100,
      undo: Array.from({ length: 99 }, (_, n) => ({ item: { id: `item-${n}`, price: n * 10 }, booked: "yes" })),
      i: 99,
      item: { id: "item-99", price: 990 },
      ref: "99:book:1",
    },
  },
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

/** A thread in the state in question, as a function that runs the next step once and says what it took. */
async function prepared({ name, entry, prepare, data }) {
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
  const next = () => {
    const { micros, error } = step(bundle, state, record(value, offset), { timeoutMs: 0, now: NOW, seed: "bench" });
    if (error !== undefined) throw new Error(`${name}: ${error.message}`);
    return micros;
  };
  return { name, data, bytes: state.length, next, samples: { load: [], run: [], save: [] } };
}

/** In turns, so that what the machine does meanwhile falls on all of them. */
async function measure(cases) {
  const threads = [];
  for (const one of cases) threads.push(await prepared(one));
  for (let n = 0; n < RUNS + WARM_UP; n++) {
    for (const { next, samples } of threads) {
      const micros = next();
      if (n < WARM_UP) continue;
      for (const part of ["load", "run", "save"]) samples[part].push(micros[part]);
    }
  }
  return threads.map(({ name, data, bytes, samples }) => {
    const [load, run, save] = Object.values(samples).map(median);
    const plain = [
      [() => v8.serialize(data), (saved) => v8.deserialize(saved)],
      [() => Buffer.from(JSON.stringify(data)), (saved) => JSON.parse(saved)],
    ].flatMap(([write, read]) => measurePlain(write, read));
    return [name, bytes, load, run, save, load + run + save, ...plain];
  });
}

/** Bytes, and microseconds to load and to save, of data alone. */
function measurePlain(write, read) {
  const loads = [];
  const saves = [];
  const saved = write();
  for (let n = 0; n < RUNS + WARM_UP; n++) {
    const [save, load] = [time(write), time(() => read(saved))];
    if (n < WARM_UP) continue;
    saves.push(save);
    loads.push(load);
  }
  return [saved.length, median(loads), median(saves)];
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

const HEAD = ["", "bytes", "load us", "run us", "save us", "step us"];
HEAD.push("v8 bytes", "load us", "save us", "JSON bytes", "load us", "save us");
const rows = [];
for (const one of CASES) rows.push(...(await measure([one])));
rows.push(...(await measure([loop(1), loop(1000)])));
const cells = rows.map((row) =>
  row.map((cell) =>
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
const [atFirst, atLast] = rows.slice(-2);
const ratio = (column) => (atLast[column] / atFirst[column]).toFixed(2);
console.log(`\nloop of 1,000, at step 1,000 against step 1: ${ratio(1)} of the bytes, ${ratio(5)} of the time`);
console.log(
  `\nin the runner, three requests, batches of ${BATCH}: ${await measureBatches("scripts/bench/three-requests.ts")}`,
);
for (const text of await measureCompile()) console.log(`\n${text}`);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
console.log(
  `\nkwf ${version}, Node ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}; medians of ${RUNS} runs; one realm for all steps`,
);
