#!/usr/bin/env node
// Adds the continuations of this release to packages/testing/golden: `npm run golden`, once a release, before it is tagged. What is there of
// a release is never written anew (--again does, for a release that is not out yet).

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildWorkflow, WorkflowTest } from "@kwf/testing";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const golden = join(root, "packages/testing/golden");
const program = join(golden, "program");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const target = join(golden, version);

if (existsSync(target) && !process.argv.includes("--again")) {
  console.error(`golden: ${target} is there; --again writes it anew, for a release that is not out yet`);
  process.exit(1);
}
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(program, join(target, "program"), { recursive: true });
const source = await buildWorkflow(join(target, "program/index.ts"));

const threads = [];
for (const { name, answers, advance } of JSON.parse(readFileSync(join(program, "threads.json"), "utf8"))) {
  const t = new WorkflowTest(source, { thread: "golden", now: 0 });
  const records = [[`new:${JSON.stringify({ name })}`, 0]];
  for (const [ref, value] of answers) records.push([JSON.stringify({ ref, value }), 0]);
  const states = [];
  for (const [value] of records) {
    states.push(t.state());
    t.send(value);
  }
  if (advance !== undefined) {
    states.push(t.state());
    const [{ key }] = t.scheduler.pending;
    records.push([key.slice(key.indexOf("|") + 1), advance]);
    t.advance(advance);
  }
  const result = t.result();
  for (const [after, state] of states.entries()) {
    if (state === null) continue;
    const left = records.slice(after);
    threads.push({ name, after, state: Buffer.from(state).toString(), records: left, result });
  }
}
writeFileSync(join(target, "bundle.js.gz"), gzipSync(source, { level: 9 }));
writeFileSync(join(target, "threads.json.gz"), gzipSync(JSON.stringify(threads), { level: 9 }));
console.log(`golden: ${threads.length} continuations of ${version} in ${target}`);
