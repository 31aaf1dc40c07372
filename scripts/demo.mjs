#!/usr/bin/env node
// Plays the trip-booking saga for a reader, on `kwf dev` and its log on this machine's disk: records going by, what a thread waits for, the
// process killed with three answers outstanding, the thread going on in the next one, a refusal, a timer.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kwf = join(root, "runner/bin/kwf.js");
const entry = join(root, "demos/trip-booking-saga/src/index.ts");
const scratch = mkdtempSync(join(tmpdir(), "kwf-demo-"));

const terminal = process.stdout.isTTY === true;
const colour = terminal && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, red] = [1, 2, 31].map(paint);
/** Long enough to read along; nobody reads along in a pipe. */
const pause = () => sleep(terminal ? 900 : 0);

/** `kwf dev` in a process of its own; what it prints goes to the reader. */
class Dev {
  static async start() {
    const dev = new Dev();
    await dev.#said("HTTP at");
    dev.url = JSON.parse(readFileSync(join(scratch, ".kwf/dev/admin.json"), "utf8")).url;
    return dev;
  }

  #lines = [];
  #heard = () => {};
  constructor() {
    const args = [kwf, "dev", entry, "--admin-port", "0"];
    const env = { ...process.env, ...(colour ? { FORCE_COLOR: "1", COLUMNS: String(process.stdout.columns) } : {}) };
    this.process = spawn(process.execPath, args, { cwd: scratch, env, stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      if (!line.includes("curl -d")) console.log(`  ${line.replace(entry, relative(root, entry))}`);
      this.#lines.push(line);
      this.#heard();
    });
    this.ended = once(this.process, "exit");
  }

  /** Until a line behind `from` has that text. */
  async #said(text, from = 0) {
    while (!this.#lines.slice(from).some((line) => line.includes(text))) {
      const heard = new Promise((resolve) => {
        this.#heard = resolve;
      });
      await Promise.race([heard, this.ended.then(() => Promise.reject(new Error("kwf dev has ended")))]);
    }
  }

  /** Writes a record as any service could, and waits for the end of its step. */
  async send(thread, value) {
    const from = this.#lines.length;
    await this.#post(thread, value);
    await this.#said("… ", from);
    await pause();
  }

  async #post(thread, value) {
    const body = JSON.stringify({ key: thread, value });
    const { ok, status } = await fetch(`${this.url}/topics/workflow-resume`, { method: "POST", body });
    if (!ok) throw new Error(`POST /topics/workflow-resume: ${status}`);
  }

  start(thread, input) {
    return this.send(thread, `new:${JSON.stringify(input)}`);
  }

  /** The service of that part answers what it was asked for. */
  async answer(thread, part, payload) {
    const { records } = await (await fetch(`${this.url}/topics/saga-reserve-${part}`)).json();
    const { ref } = JSON.parse(records.find(({ key }) => key === thread).value);
    await this.send(thread, JSON.stringify({ ref, ...payload }));
  }

  /** Until it prints that the timer has ended the thread. */
  timerFires() {
    return this.#said("failed", this.#lines.length);
  }

  async end(signal) {
    this.process.kill(signal);
    await this.ended;
  }
}

const chapter = async (title) => {
  console.log(`\n${bold(title)}\n`);
  await pause();
};
const booked = (part) => ({ value: { id: `${part}-1` } });

let dev;
try {
  await chapter("kwf dev: builds the workflow and runs it; no Kafka is needed");
  dev = await Dev.start();

  await chapter("A trip: three reservations at once, and a timer that will cancel them");
  await dev.start("trip-1", { timeoutMS: 3_600_000 });
  await dev.answer("trip-1", "car", booked("car"));

  await chapter("What does it wait for? (kwf show trip-1: read from the saved bytes, no code runs)");
  spawnSync(process.execPath, [kwf, "show", "trip-1"], { cwd: scratch, stdio: "inherit" });
  await pause();

  await chapter("kill -9");
  await dev.end("SIGKILL");
  console.log(red("  the process is gone, and with it everything that was in memory"));
  await pause();
  dev = await Dev.start();

  await chapter("Another process: the other two answer, and the code goes on behind its awaits");
  await dev.answer("trip-1", "flight", booked("flight"));
  await dev.answer("trip-1", "hotel", booked("hotel"));

  await chapter("Another trip: no flight to be had, so what was booked is cancelled");
  await dev.start("trip-2", { timeoutMS: 3_600_000 });
  await dev.answer("trip-2", "car", booked("car"));
  await dev.answer("trip-2", "flight", { error: "sold out" });

  await chapter("A third: nobody answers in time");
  await dev.start("trip-3", { timeoutMS: 1_500 });
  await dev.timerFires();
  await dev.end("SIGTERM");
  console.log(dim(`\n  Your own: npx kwf dev src/index.ts. On Kafka, the same bundle: npx kwf run. See README.md\n`));
} finally {
  dev?.process.kill("SIGKILL");
  if (existsSync(scratch)) rmSync(scratch, { recursive: true, force: true });
}
