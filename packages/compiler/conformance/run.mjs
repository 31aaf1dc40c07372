#!/usr/bin/env node
// `npm run conformance`: measures the compiler and the runtime by a checkout of tc39/test262. docs/conformance.md explains
// the runs and the figures; runs.mjs defines them, pool.mjs runs the files, report.mjs sums them up.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { exclusionOf, readExclusions } from "./exclusions.mjs";
import { runScenarios } from "./pool.mjs";
import { directoryTable, exclusionTable, failureList, summarize, totalTable } from "./report.mjs";
import { Results } from "./results.mjs";
import { MEASURED, RUNS } from "./runs.mjs";
import { isReflection } from "./slices.mjs";
import { checkCheckout, listTests, modesOf, readDirectories, readMetadata, UsageError } from "./suite.mjs";

const HELP = `Usage: npm run conformance -- --test262 DIR [options] [run ...]

Runs tests of tc39/test262 through the compiler and compares each file with plain Node on the same file.

Runs (all of them unless named):
${MEASURED.map((run) => `  ${run.padEnd(16)} ${RUNS[run].title}, compared with ${RUNS[RUNS[run].baseline].title}`).join("\n")}

Options:
  --test262 DIR    the checkout of the suite (git clone https://github.com/tc39/test262)
  --dirs FILE      directories to run, one a line (default: directories.txt beside this script)
  --grep PATTERN   only files whose path matches this regular expression
  --every N        only every N-th file: a sample
  --from K         the sample begins with the K-th file (default: 1), so that N samples share no file
  --mode MODE      sloppy, strict, or both (default: both)
  --jobs N         worker processes (default: 2, or 1 where there is one processor)
  --timeout MS     a file that blocks its worker this long has failed (default: 20000)
  --out DIR        where results are kept and go on from (default: conformance-results)
  --fresh          run again what DIR has results of, plain Node's excepted
  --why N          the N most frequent messages of failed files
  --help           this text

Exit code: 0 measured, 2 wrong use.`;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{
        test262: { type: "string" },
        dirs: { type: "string", default: join(import.meta.dirname, "directories.txt") },
      },
      ...{
        grep: { type: "string" },
        every: { type: "string", default: "1" },
        from: { type: "string", default: "1" },
        mode: { type: "string", default: "both" },
      },
      ...{ jobs: { type: "string", default: String(Math.min(2, availableParallelism())) } },
      ...{ timeout: { type: "string", default: "20000" }, out: { type: "string", default: "conformance-results" } },
      ...{ fresh: { type: "boolean" }, why: { type: "string" }, help: { type: "boolean" } },
    },
  });
  if (values.help) return { help: true };
  if (!values.test262) throw new UsageError("--test262 is missing: the folder of a checkout of tc39/test262");
  checkCheckout(values.test262);
  if (!["sloppy", "strict", "both"].includes(values.mode))
    throw new UsageError(`--mode: ${values.mode} is none of sloppy, strict, both`);
  for (const run of positionals)
    if (!MEASURED.includes(run)) throw new UsageError(`there is no run ${run}; there are ${MEASURED.join(", ")}`);
  const every = wholeNumber("--every", values.every);
  const from = wholeNumber("--from", values.from);
  if (from > every) throw new UsageError(`--from: ${from} is beyond ${every}, the files that --every takes one of`);
  return {
    ...{ checkout: resolve(values.test262), dirs: values.dirs, mode: values.mode, fresh: values.fresh === true },
    ...{ out: resolve(values.out), runs: positionals.length > 0 ? positionals : MEASURED },
    grep: values.grep === undefined ? undefined : regularExpression(values.grep),
    ...{ every, from },
    workers: wholeNumber("--jobs", values.jobs),
    timeout: wholeNumber("--timeout", values.timeout),
    why: values.why === undefined ? 0 : wholeNumber("--why", values.why),
  };
}

function wholeNumber(option, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`${option}: ${text} is no whole number from 1 on`);
  return Number(text);
}

function regularExpression(text) {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--grep: ${error.message}`);
  }
}

/** The tests to run, with what each says of itself. */
function selectTests({ checkout, dirs, grep, every, from, mode }) {
  const tests = [];
  let n = 0;
  for (const [directory, paths] of listTests(checkout, readDirectories(dirs))) {
    for (const path of paths) {
      if ((grep && !grep.test(path)) || n++ % every !== from - 1) continue;
      const source = readFileSync(join(checkout, path), "utf8");
      const meta = readMetadata(source);
      const modes = modesOf(meta, mode);
      if (modes.length > 0) tests.push({ directory, path, source, meta, modes });
    }
  }
  if (tests.length === 0) throw new UsageError("no test matches");
  return tests;
}

/** Runs what `results` does not have yet; `only`: files that passed there. */
async function measure(run, tests, results, only, options) {
  const exclusions = readExclusions();
  const scenarios = [];
  for (const { directory, path, source, meta, modes } of tests) {
    const phase = meta.negative?.phase;
    const negative = phase === "parse" || phase === "resolution" || phase === "early";
    const excluded = negative ? undefined : exclusionOf(exclusions, run, path, source, meta);
    const known = results.tests[path]?.scenarios ?? {};
    const reflection = isReflection(source, meta);
    results.tests[path] = { directory, modes, ...{ negative, excluded, reflection }, scenarios: known };
    if (negative || excluded || (only && only.status(path) !== "pass")) continue;
    for (const mode of modes) if (!known[mode]) scenarios.push({ path, mode, meta });
  }
  const begin = Date.now();
  let done = 0;
  const say = () => {
    const seconds = Math.round((Date.now() - begin) / 1000);
    console.error(`${RUNS[run].title}: ${done} of ${scenarios.length} scenarios, ${seconds} s`);
  };
  const clock = setInterval(() => {
    say();
    results.write();
  }, 30_000);
  const { checkout, workers, timeout } = options;
  await runScenarios(scenarios, { checkout, run, workers, timeout }, ({ path, mode }, result) => {
    done++;
    results.tell(path, mode, result);
  });
  clearInterval(clock);
  if (scenarios.length > 0) say();
  results.write();
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  const tests = selectTests(options);
  mkdirSync(options.out, { recursive: true });
  const about = { node: process.version, suite: suiteVersion(options.checkout) };
  const code = codeVersion();
  const open = (run) => Results.open(options.out, run, RUNS[run].compiled ? { ...about, code } : about);
  const done = new Map();
  const native = async (run) => {
    if (done.has(run)) return done.get(run);
    const results = open(run);
    const { baseline } = RUNS[run];
    await measure(run, tests, results, baseline && (await native(baseline)), options);
    done.set(run, results);
    return results;
  };
  const measured = [];
  for (const run of options.runs) {
    const baseline = await native(RUNS[run].baseline);
    const results = open(run);
    if (options.fresh) for (const { path } of tests) delete results.tests[path];
    await measure(run, tests, results, baseline, options);
    measured.push({ run, results: only(results, tests), baseline });
  }
  const { mode, every, from } = options;
  report(measured, { ...about, date: new Date().toISOString(), mode, every, from }, options);
}

/** The results of the files of this call: the file may know more. */
function only(results, tests) {
  const part = new Results(results.file, results.about);
  for (const { path } of tests) part.tests[path] = results.tests[path];
  return part;
}

function report(measured, about, { out, why }) {
  const runs = summarize(measured);
  const titles = Object.fromEntries(Object.entries(RUNS).map(([name, { title }]) => [name, title]));
  const { reasons } = JSON.parse(readFileSync(join(import.meta.dirname, "exclusions.json"), "utf8"));
  const parts = [directoryTable(runs, titles), totalTable(runs, titles), exclusionTable(runs, reasons)];
  for (const one of why ? measured : []) parts.push(`${titles[one.run]}, why files fail:\n${failureList(one, why)}`);
  const text = parts.filter(Boolean).join("\n\n");
  writeFileSync(join(out, "summary.json"), `${JSON.stringify({ about, runs }, undefined, 1)}\n`);
  writeFileSync(join(out, "summary.md"), `${text}\n`);
  console.log(text);
}

/** Changes with the compiler, the runtime and the runner: results of others are not gone on from. */
function codeVersion() {
  const hash = createHash("sha256");
  const packages = resolve(import.meta.dirname, "../..");
  for (const folder of ["compiler/src", "workflow/src", "compiler/conformance"]) {
    const names = readdirSync(join(packages, folder), { recursive: true });
    for (const name of names.filter((file) => /(?<!\.test)\.(?:ts|mjs|json)$/.test(file)).sort())
      if (!name.startsWith("fixtures")) hash.update(name).update(readFileSync(join(packages, folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The commit of the checkout, if it is one. */
function suiteVersion(checkout) {
  const { stdout } = spawnSync("git", ["-C", checkout, "rev-parse", "HEAD"], { encoding: "utf8" });
  return stdout?.trim() || checkout;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(`${error.message}\nnpm run conformance -- --help says more`);
  process.exitCode = 2;
}
