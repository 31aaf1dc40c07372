import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { RunnerProcess } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// Case 31, the disk under the store of a runner: it refuses, or it is full; nothing is lost, and work goes on when there is space.

let stage: Stage;
afterEach(() => stage?.close());

/** States of 600,000 bytes that do not compress. */
const LARGE = `
import * as W from "@kwf/workflow";
export default async function main(seed: number): Promise<number> {
  let text = "";
  while (text.length < 600_000) {
    seed = (seed * 48271) % 2147483647;
    text += seed.toString(36);
  }
  const answer = W.refId<number>("answer");
  return text.length > 0 ? (await answer) + text.length * 0 : 0;
}
`;
const start = (thread: string, seed: number) => [thread, `new:${seed}`] as const;
const answer = (thread: string) => [thread, '{"ref":"answer","value":1}'] as const;

async function redWith(runner: RunnerProcess, words: RegExp): Promise<void> {
  await runner.eventually(async () => {
    const { status, body } = await runner.health();
    return status === 503 && words.test(body.problems.join("\n")) ? true : undefined;
  }, `being unhealthy: ${words}`);
}

const green = (runner: RunnerProcess) =>
  runner.eventually(async () => ((await runner.health()).status === 200 ? true : undefined), "being healthy");

test.runIf(process.platform === "linux")(
  "a disk that refuses to write turns health red until it takes it",
  {
    timeout: 180_000,
  },
  async () => {
    stage = await Stage.open();
    const bundle = await stage.workflow(LARGE);
    stage.createTopics(bundle);
    // No file of the runner may grow beyond that; what exists has room.
    const limit = 512 * 1024;
    const runner = stage.run(bundle, [], { under: ["prlimit", `--fsize=${limit}:unlimited`] });
    await runner.ready();
    await stage.send(start("a", 1), start("b", 2), answer("a"));
    await redWith(runner, /the state in \S+ cannot be read or written: .*File too large/);
    const { error } = await runner.line(({ error }) => (error as { code?: string })?.code === "store-io", "store-io");
    expect(error).toMatchObject({ name: "StoreIOError" });
    expect(runner.over).toBe(false);

    expect(spawnSync("prlimit", ["--pid", String(runner.pid), "--fsize=unlimited"]).status).toBe(0);
    const [last] = await stage.send(answer("b"));
    await stage.passed(last!);
    expect(lines(await stage.outputs("workflow-result"))).toEqual(["a 1", "b 1"]);
    await green(runner);
    expect(await runner.stop()).toBe(0);
  },
);

const NAMESPACES = [
  ["unshare", "--mount"],
  ["unshare", "--user", "--map-root-user", "--mount"],
];
/** How to get a small disk on this machine without being asked for a password. */
const ownMounts = NAMESPACES.find(([command, ...args]) => {
  const script = "mount -t tmpfs -o size=1m tmpfs /tmp";
  return spawnSync(command!, [...args, "sh", "-c", script]).status === 0;
});

test.runIf(ownMounts)(
  "a full disk turns health red until there is space (needs mounts of its own)",
  {
    timeout: 180_000,
  },
  async () => {
    stage = await Stage.open();
    const bundle = await stage.workflow(LARGE);
    stage.createTopics(bundle);
    const disk = join(stage.folder, "disk");
    mkdirSync(disk);
    const fill = `mount -t tmpfs -o size=64m tmpfs '${disk}' && head -c 40m /dev/zero > '${disk}/ballast' && exec "$@"`;
    const runner = stage.run(bundle, ["--max-batch", "1"], {
      stateDirectory: join(disk, "state"),
      under: [...ownMounts!, "sh", "-c", fill, "sh"],
    });
    await runner.ready();
    const threads = Array.from({ length: 24 }, (_, n) => `thread-${n}`);
    await stage.send(...threads.map((thread, n) => start(thread, n + 1)));
    await redWith(runner, /only \d+\.\d MiB are left on the disk of \S+: free some; what was not written is not lost/);
    expect(runner.over).toBe(false);

    rmSync(join("/proc", String(runner.pid), "root", disk, "ballast"));
    const offsets = await stage.send(...threads.map(answer));
    await stage.passed(offsets.at(-1)!);
    expect(lines(await stage.outputs("workflow-result"))).toEqual(threads.map((thread) => `${thread} 1`));
    await green(runner);
    expect(await runner.stop()).toBe(0);
  },
);
