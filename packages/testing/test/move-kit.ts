// Texts of a workflow, before and after a change, as bundles; for the tests of moves.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "@kwf/compiler";
import type { NameMap } from "@kwf/engine";
import { expect } from "vitest";
import { WorkflowTest, type WorkflowTestOptions } from "../src/workflow-test.js";

/** The text of the entry, or of several. */
export type Files = string | Record<string, string>;

const HEAD = 'import * as W from "@kwf/workflow";\n';

/** Builds files as they are given; the entry is index.ts, and knows `W`. */
export async function built(files: Files): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kwf-move-"));
  try {
    const all = typeof files === "string" ? { "index.ts": files } : files;
    writeFileSync(join(folder, "package.json"), '{"name":"shop","type":"module"}');
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), name === "index.ts" ? HEAD + text : text);
    }
    return (await build(join(folder, "index.ts"))).code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A thread of the old text that has been started. */
export async function started(
  files: Files,
  input?: unknown,
  options?: WorkflowTestOptions,
): Promise<WorkflowTest<unknown, unknown>> {
  const t = new WorkflowTest(await built(files), options);
  t.start(input);
  return t;
}

/** The entry's one function, with the statements. */
export const body = (text: string): string => `export default async function main(input: any) {${text}}`;

/** Whether the next step takes the thread along. */
export async function deployed(t: WorkflowTest, files: Files): Promise<string> {
  const before = t.bundleOf();
  t.deploy(await built(files));
  expect(t.bundle.hash).not.toBe(before);
  return t.bundle.hash;
}

/** Started on the first text, and carried to the second one. */
export async function carried(before: Files, after: Files, map?: NameMap, input?: unknown) {
  const t = await started(before, input);
  const hash = await deployed(t, after);
  t.move(map);
  expect(t.bundleOf()).toBe(hash);
  return t;
}

/** Why a thread of the first text is not carried to the second one, nor changed. */
export async function refused(before: Files, after: Files, map?: NameMap, input?: unknown): Promise<string> {
  const t = await started(before, input);
  const state = Buffer.from(t.state()!).toString();
  await deployed(t, after);
  let message = "";
  try {
    t.move(map);
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).not.toBe("");
  expect(Buffer.from(t.state()!).toString()).toBe(state);
  return message.replace('thread "test" stays on its bundle: ', "");
}
