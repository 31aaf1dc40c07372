// `kwf dev` as a process of its own, and its HTTP as a service would use it.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KWF, PATIENCE_MS } from "./runner-process.js";

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export class DevProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly ended: Promise<number | null>;
  over = false;
  /** What it has printed. */
  text = "";

  constructor(
    folder: string,
    entry: string,
    more: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, [KWF, "dev", entry, "--admin-port", "0", ...more], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (part) => {
        this.text += part;
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", (code) => {
        this.over = true;
        resolve(code);
      });
    });
  }

  /** Until it has printed that. */
  async says(wanted: string | RegExp): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (typeof wanted === "string" ? !this.text.includes(wanted) : !wanted.test(this.text)) {
      if (this.over || performance.now() > deadline) {
        throw new Error(`kwf dev has not said ${wanted}${this.over ? " and has ended" : ""}:\n${this.text}`);
      }
      await sleep(30);
    }
  }

  /** How many steps it has told of: each has one line that says how its thread stands. */
  get steps(): number {
    return this.text.match(/^ {9}… /gm)?.length ?? 0;
  }

  async stepped(count: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.steps < count) {
      if (this.over || performance.now() > deadline) throw new Error(`${this.steps} steps of ${count}:\n${this.text}`);
      await sleep(20);
    }
  }

  get url(): string {
    return (JSON.parse(readFileSync(join(this.#folder, ".kwf/dev/admin.json"), "utf8")) as { url: string }).url;
  }

  /** Everything that the topic holds now. */
  async all(topic: string): Promise<TopicRecord[]> {
    return ((await (await fetch(`${this.url}/topics/${topic}?limit=10000`)).json()) as { records: TopicRecord[] })
      .records;
  }

  async post(topic: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}/topics/${topic}`, { method: "POST", body: JSON.stringify(body) });
  }

  /** Everything that the topic holds, once there are as many records. */
  async records(topic: string, count: number): Promise<TopicRecord[]> {
    const deadline = performance.now() + PATIENCE_MS;
    const found: TopicRecord[] = [];
    for (let from = "earliest"; found.length < count; ) {
      const answer = await fetch(`${this.url}/topics/${topic}?from=${from}&wait=2000`);
      const { records, next } = (await answer.json()) as { records: TopicRecord[]; next: string };
      found.push(...records);
      from = next;
      if (performance.now() > deadline) throw new Error(`${topic} has ${JSON.stringify(found)}\n${this.text}`);
    }
    return found;
  }

  stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.ended;
  }

  kill(): Promise<number | null> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }
}
