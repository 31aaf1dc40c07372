// Texts of a workflow, before and after a change, as bundles; for the tests of moves.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { WorkflowTest, type WorkflowTestOptions } from "../src/workflow-test.js";

const HEAD = 'import * as W from "@kwf/workflow";\n';

/** Builds files as they are given; the entry is index.ts, and knows `W`. */
export async function built(files: string | Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kwf-move-"));
  try {
    const all = typeof files === "string" ? { "index.ts": files } : files;
    writeFileSync(join(folder, "package.json"), '{"name":"shop","type":"module"}');
    for (const [name, text] of Object.entries(all))
      writeFileSync(join(folder, name), name === "index.ts" ? HEAD + text : text);
    return (await build(join(folder, "index.ts"))).code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A thread of the old text that has been started. */
export async function started(
  files: string | Record<string, string>,
  input?: unknown,
  options?: WorkflowTestOptions,
): Promise<WorkflowTest<unknown, unknown>> {
  const t = new WorkflowTest(await built(files), options);
  t.start(input);
  return t;
}
