#!/usr/bin/env node
// Plays the trip-booking saga for a reader: every record in and out, what the thread waits for between two records, how many bytes are
// kept of it, and where in the source it stands. Each step runs in a process of its own (kwf simulate --isolate).

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kwf = join(root, "runner/bin/kwf.js");
const entry = join(root, "demos/trip-booking-saga/src/index.ts");
const scratch = mkdtempSync(join(tmpdir(), "kwf-demo-"));
const bundle = join(scratch, "saga.js");
const state = join(scratch, "state");

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, cyan, green, yellow] = [1, 2, 36, 32, 33].map(paint);

const booking = (part) => ({ id: `${part}-1` });
const answer = (part) => ({ title: `the ${part} service answers`, ref: part, value: booking(part) });
const SCENARIOS = [
  {
    thread: "trip-1",
    title: "Three reservations in parallel, answered in any order",
    input: { timeoutMS: 60_000 },
    replies: [answer("flight"), answer("car"), answer("hotel")],
  },
  {
    thread: "trip-2",
    title: "No flight: what was booked is cancelled, the timer is taken back",
    input: { timeoutMS: 60_000 },
    replies: [answer("car"), { title: "the flight service refuses", ref: "flight", error: "sold out" }],
  },
  {
    thread: "trip-3",
    title: "Time is up while the car is booked and two requests are in flight",
    input: { timeoutMS: 60_000 },
    replies: [answer("car"), { title: "the timer fires", ref: "sleep" }],
  },
];

function command(...args) {
  const { status } = spawnSync(process.execPath, [kwf, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`kwf ${args[0]} ended with exit code ${status}`);
}

/** `kwf simulate`, driven line by line through pipes as any program could. */
function simulator() {
  const args = [kwf, "simulate", bundle, "-", "--isolate", "--report", "--state", state];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async step(record) {
      child.stdin.write(`${JSON.stringify(record)}\n`);
      const outputs = [];
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error("kwf simulate ended early");
        const line = JSON.parse(value);
        if (line.report !== undefined) return { outputs, report: line.report };
        outputs.push(line);
      }
    },
    end: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.stdin.end();
      }),
  };
}

function show({ key, value }, { outputs, report }) {
  console.log(`${cyan("  in ")} ${bold("workflow-resume")}  ${key}  ${value}`);
  for (const { topic, key: outputKey, value: text } of outputs) {
    if (topic === "workflow-status") continue;
    const to = outputKey === key ? "" : `  ${dim(outputKey)}`;
    console.log(`${green("  out")} ${bold(topic)}${to}  ${text}`);
  }
  if (report.status === "running") {
    console.log(
      yellow(
        `      waits for ${report.pending.join(", ")}; ${report.stateBytes} bytes are kept, the process has ended`,
      ),
    );
  } else console.log(yellow(`      ${report.status}: nothing is kept`));
}

try {
  console.log(`${bold("kwf build")} ${relative(root, entry)}`);
  command("build", entry, "-o", bundle);
  const run = simulator();
  for (const { thread, title, input, replies } of SCENARIOS) {
    console.log(`\n${bold(title)}\n`);
    const send = async (record) => {
      const result = await run.step(record);
      show(record, result);
      return result.report;
    };
    let { pending } = await send({ key: thread, value: `new:${JSON.stringify(input)}` });
    if (thread === "trip-1") {
      console.log(dim("\n      kwf show, from the bytes alone:\n"));
      command("show", "--state", state, thread);
      console.log();
    }
    for (const { title: what, ref, ...payload } of replies) {
      console.log(dim(`      … ${what}, days later perhaps, to another process`));
      const id = pending.find((name) => name.split(":")[1] === ref);
      if (id === undefined) throw new Error(`nothing waits for ${ref}`);
      ({ pending } = await send({ key: thread, value: JSON.stringify({ ref: id, ...payload }) }));
    }
  }
  const code = await run.end();
  if (code !== 0) throw new Error(`kwf simulate ended with exit code ${code}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
