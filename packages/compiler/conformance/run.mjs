#!/usr/bin/env node
// Measures the compiler by tc39/test262: runs the judge (run262.mjs, cmp262.mjs) natively and through hook.mjs, in the
// three ways docs/conformance.md explains, and prints one table.
//
//   npm run conformance -- --test262 DIR --judge DIR [--dirs FILE] [--grep RE] [--out DIR] [--jobs N] [--why N] [way ...]
//
// Ways: plain (compiled), async (compiled, every test asyncified), restored (as async, and the whole program is
// serialized, dropped and restored between jobs). Without a name: all three. Native runs are kept in --out.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const WAYS = {
  plain: { title: "compiled", baseline: "native" },
  async: { title: "compiled, asyncified", baseline: "native-async", asyncify: true },
  restored: { title: "compiled, asyncified, restored between jobs", baseline: "native-async", asyncify: true },
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    test262: { type: "string" },
    judge: { type: "string" },
    dirs: { type: "string" },
    grep: { type: "string" },
    out: { type: "string", default: "conformance-results" },
    jobs: { type: "string", default: "2" },
    why: { type: "string" },
  },
});

function main() {
  if (!options.test262 || !options.judge) {
    console.error("usage: npm run conformance -- --test262 <checkout of tc39/test262> --judge <folder of run262.mjs>");
    process.exit(2);
  }
  mkdirSync(options.out, { recursive: true });
  const ways = positionals.length > 0 ? positionals : Object.keys(WAYS);
  const rows = [];
  for (const name of ways) {
    const way = WAYS[name];
    if (!way) throw new Error(`no such way: ${name}; there are ${Object.keys(WAYS).join(", ")}`);
    const native = baseline(way.asyncify === true);
    const results = resultFile(name);
    judge(results, ["--only", native, ...hookOf(way, join(here, "hook.mjs"))], {
      KWF_RESTORE: name === "restored" ? "1" : "",
    });
    rows.push([way.title, compare(native, results, []), compare(native, results, ["--exclude", "reflection"])]);
    if (options.why) console.log(compareText(native, results, ["--exclude", "reflection", "--why", options.why]));
  }
  console.log("\n| run | behaviour | all |\n| --- | --- | --- |");
  for (const [title, all, behaviour] of rows) console.log(`| ${title} | ${behaviour} | ${all} |`);
}

/** The native result that a way is measured against: made once. */
function baseline(asyncify) {
  const plain = resultFile("native");
  if (!existsSync(plain)) judge(plain, []);
  if (!asyncify) return plain;
  const file = resultFile("native-async");
  if (!existsSync(file)) judge(file, ["--only", plain, ...hookOf({ asyncify }, "")]);
  return file;
}

const resultFile = (name) => resolve(options.out, `${name}.json`);

function hookOf({ asyncify }, hook) {
  return asyncify ? ["--hook", join(options.judge, "hook-asyncify.mjs"), "--inner", hook] : ["--hook", hook];
}

function judge(out, args, env = {}) {
  const inner = args.indexOf("--inner");
  const hooked = inner < 0 ? args : [...args.slice(0, inner), ...args.slice(inner + 2)];
  const dirs = options.dirs ?? join(options.judge, "dirs-async.txt");
  const grep = options.grep ? ["--grep", options.grep] : [];
  const common = ["--suite", options.test262, "--dirs", dirs, "--jobs", options.jobs, "--out", out, ...grep];
  const { status } = spawnSync(process.execPath, [join(options.judge, "run262.mjs"), ...common, ...hooked], {
    stdio: ["ignore", "ignore", "inherit"],
    // The asyncifying hook takes its parser from BABEL_DIR/node_modules.
    env: { ...process.env, BABEL_DIR: resolve(here, "../../.."), INNER: inner < 0 ? "" : args[inner + 1], ...env },
  });
  if (status !== 0) throw new Error(`the judge failed on ${out}`);
  const { hook, scenarios, seconds } = JSON.parse(readFileSync(out, "utf8"));
  console.error(`${hook}: ${scenarios} scenarios in ${seconds} s`);
}

function compareText(base, results, args) {
  const script = join(options.judge, "cmp262.mjs");
  return spawnSync(process.execPath, [script, base, results, ...args], { encoding: "utf8" }).stdout;
}

/** "passed of total, percent" from the comparison's last line. */
function compare(base, results, args) {
  const total = compareText(base, results, args)
    .split("\n")
    .find((line) => line.startsWith("TOTAL"));
  const [, files, passed, percent] = total?.trim().split(/\s+/) ?? [];
  return `${passed} of ${files}, ${percent}%`;
}

main();
