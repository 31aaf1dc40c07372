// What tests of the commands stand on: topics of their own, one runner with a workflow that does as it is told, and the commands as somebody
// types them, each in a process of its own and without a terminal.

import { expect } from "vitest";
import { kwf, type RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

const WORKFLOW = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["cleaned"] };
export default async function order(input: any): Promise<unknown> {
  if (input?.instant !== undefined) return input.instant;
  if (input?.fail !== undefined) throw new Error("no " + input.fail);
  try {
    if (input?.votes) return await Promise.all([W.ref("vote"), W.ref("vote")]);
    const answer = await W.ref<string>("approval");
    if (answer === "poison") W.output("x", ["un", "declared"].join(""));
    return { answer };
  } finally {
    W.output("done", "cleaned");
  }
}
`;

export type Line = Record<string, string | number>;

/** What `--json` prints. */
export const jsonLines = (text: string): Line[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

export class CommandStage {
  private constructor(
    readonly stage: Stage,
    readonly bundle: string,
    public runner: RunnerProcess,
  ) {}

  static async open(): Promise<CommandStage> {
    const stage = await Stage.open({ partitions: 2 });
    const bundle = await stage.workflow(WORKFLOW);
    // Small, so that a dead letter can be too large for it.
    const settings = { "cleanup.policy": "delete", "max.message.bytes": "4000" };
    await stage.log.createTopics([{ name: `${stage.prefix}workflow-dead-letter`, partitions: 2, settings }]);
    stage.createTopics(bundle);
    const runner = stage.run(bundle);
    await runner.ready(2);
    return new CommandStage(stage, bundle, runner);
  }

  /** Options that say where the threads are. */
  get where(): readonly string[] {
    return ["--brokers", this.stage.brokers, "--prefix", this.stage.prefix];
  }

  run(args: readonly string[], input = "") {
    return kwf([...args, ...this.where], { input });
  }

  /** Lives, and has run up to its first await. */
  async started(thread: string, argument = "{}"): Promise<void> {
    const { status, stdout, stderr } = this.run(["start", thread, argument, "--json"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [{ partition, offset }] = jsonLines(stdout) as [Line];
    await this.stage.passed(Number(offset), Number(partition));
  }

  states(...args: string[]): Record<string, unknown> {
    const found = jsonLines(this.run(["ls", "--json", "--all", ...args]).stdout);
    return Object.fromEntries(found.map(({ thread, state }) => [thread, state]));
  }

  async close(): Promise<void> {
    await this.stage.close();
  }
}
