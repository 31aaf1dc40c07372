#!/usr/bin/env node
// The first thing a newcomer runs: builds the trip-booking saga and plays its three services and the scheduler against
// it, through `kwf simulate --isolate`. Each record is a step in a process of its own; from one process to the next
// goes nothing but the thread's state, as bytes.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kwf = join(root, "runner", "bin", "kwf.js");
const saga = join(root, "demos", "trip-booking-saga", "src", "index.ts");

const plain = !process.stdout.isTTY || process.env.NO_COLOR !== undefined;
const paint = (style, text) => (plain ? text : styleText(style, text));
const say = (text = "") => process.stdout.write(`${text}\n`);
const number = (value) => value.toLocaleString("en");

const STORIES = [
  {
    title: "All three services answer: the trip is booked",
    input: { timeoutMS: 60_000 },
    answers: [
      ["flight", { value: { id: "KW-700" } }],
      ["car", { value: { id: "beetle" } }],
      ["hotel", { value: { id: "room 12" } }],
    ],
  },
  {
    title: "The hotel is full: what was booked is cancelled, what is in flight too",
    input: { timeoutMS: 60_000 },
    answers: [
      ["car", { value: { id: "beetle" } }],
      ["hotel", { error: "no vacancy" }],
    ],
  },
  {
    title: "The flight does not answer in time",
    input: {},
    answers: [
      ["car", { value: { id: "beetle" } }],
      ["hotel", { value: { id: "room 12" } }],
      ["timer", undefined],
    ],
  },
];

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), "kwf-demo-"));
  try {
    const bundle = join(scratch, "bundle.js");
    kwfCommand(["build", saga, "-o", bundle]);
    const state = join(scratch, "state");
    const simulator = simulate(bundle, state);
    say("The trip-booking saga reserves a car, a hotel and a flight at once: all of them within a time, or none.");
    say(`Its source is plain async code: ${paint("cyan", "demos/trip-booking-saga/src/index.ts")}`);
    say("Each record below is a step that runs in a new process, from the bytes that the step before left.");
    let n = 0;
    for (const story of STORIES) await tell(story, `trip-${++n}`, simulator, n === 1 ? { bundle, state } : undefined);
    await simulator.end();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One thread from its start to its end. `look` says where to look at it from outside, after its first step. */
async function tell({ title, input, answers }, key, simulator, look) {
  say();
  say(paint("bold", `${key.split("-")[1]}. ${title}`));
  const refs = new Map();
  const step = async (who, value) => {
    const { records, report } = await simulator.step({ key, value });
    show(who, value, records, report);
    for (const record of records) remember(refs, record);
  };
  await step("start", `new:${JSON.stringify(input)}`);
  if (look) stacks(look, key);
  for (const [part, answer] of answers) {
    const payload = answer === undefined ? refs.get("timer") : JSON.stringify({ ref: refs.get(part), ...answer });
    await step(answer === undefined ? "the timer" : `the ${part} service`, payload);
  }
}

/** What services and the scheduler read in the records sent to them: which ref to answer. */
function remember(refs, { topic, key, value }) {
  const service = /^saga-reserve-(\w+)$/.exec(topic)?.[1];
  if (service) refs.set(service, JSON.parse(value).ref);
  if (topic === "workflow-scheduler" && value !== "0") refs.set("timer", key.slice(key.indexOf("|") + 1));
}

function show(who, value, records, { status, pending, stateBytes, microseconds: took, error }) {
  say();
  say(`  ${paint("green", "in ")} ${who.padEnd(20)} ${value}`);
  for (const record of records) {
    const what = record.topic === "workflow-scheduler" ? timer(record) : record.value;
    say(`  ${paint("yellow", "out")} ${record.topic.padEnd(20)} ${what}`);
  }
  const ms = (microseconds) => `${(microseconds / 1000).toFixed(1)} ms`;
  const waits = pending.length > 0 ? `, waits for ${pending.join("  ")}` : "";
  say(paint("dim", `      ${status}${waits}`));
  if (error) say(paint("red", `      ${JSON.stringify(error)}`));
  const kept = stateBytes > 0 ? `${number(stateBytes)} bytes of state` : "no state is left";
  say(paint("dim", `      ${kept}; restored in ${ms(took.load)}, ran ${ms(took.run)}, saved in ${ms(took.save)}`));
}

const timer = ({ key, value }) =>
  value === "0" ? `cancel ${key}` : `after ${number(Number(value))} ms: ${key.slice(key.indexOf("|") + 1)}`;

/** What `kwf show` reads out of the bytes, without running the code. */
function stacks({ bundle, state }, key) {
  say();
  say(`  The same bytes, read by ${paint("cyan", `kwf show --state DIR ${key}`)}:`);
  say();
  const text = kwfCommand(["show", "--state", state, "--bundle", bundle, key]);
  for (const line of text.trimEnd().split("\n")) say(paint("dim", `      ${line}`));
}

/** `kwf simulate` at the other end of a pipe: one record in, the records and the report of its step out. */
function simulate(bundle, state) {
  const args = [kwf, "simulate", bundle, "-", "--isolate", "--report", "--state", state];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async step(record) {
      child.stdin.write(`${JSON.stringify(record)}\n`);
      const records = [];
      for (;;) {
        const { value: line, done } = await lines.next();
        if (done) throw new Error("kwf simulate ended before it answered");
        const answer = JSON.parse(line);
        if (answer.report) return { records, report: answer.report };
        records.push(answer);
      }
    },
    async end() {
      child.stdin.end();
      await new Promise((resolve) => child.once("close", resolve));
    },
  };
}

function kwfCommand(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [kwf, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`kwf ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

await main();
