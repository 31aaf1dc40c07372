import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { build as esbuild } from "esbuild";
import { expect, it } from "vitest";
import { oneRealm, RestoredThread } from "./restored.js";

const entry = join(import.meta.dirname, "../fixtures/depths.ts");

/** In a process of its own: V8 has much to say on stderr of promises that are rejected when the stack is full. */
async function natively(): Promise<number[]> {
  const contents = `import { depths } from ${JSON.stringify(entry)}; depths().then((d) => console.log(JSON.stringify(d)));`;
  const stdin = { contents, resolveDir: "/" };
  const { outputFiles } = await esbuild({ stdin, bundle: true, write: false, format: "cjs", target: "node20" });
  const { stdout } = spawnSync(process.execPath, ["-e", (outputFiles[0] as { text: string }).text], {
    encoding: "utf8",
  });
  return JSON.parse(stdout) as number[];
}

// A frame of the JavaScript stack for the body, and at most one beside it.
it("async functions call each other at least half as deep as in plain Node", async () => {
  const thread = new RestoredThread(oneRealm((await build(entry.replace("depths", "depth"))).code));
  while (!thread.isOver) await thread.step();
  const native = await natively();
  const compiled = thread.trace.result as number[];
  expect(compiled).toHaveLength(3);
  for (const [i, depth] of compiled.entries()) expect(depth / (native[i] as number)).toBeGreaterThan(0.5);
});
