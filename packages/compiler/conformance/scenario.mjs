// Runs one file in one mode and says what became of it.
//
// Statuses: pass; fail (it threw, or told $DONE an error); no-done (an async test told nothing); refused (the compiler
// says that it does not support it); compiler-crash; compile-error (what the compiler made does not parse). The parent
// process adds timeout and worker-crash.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, Failure, Realm } from "./realm.mjs";

const COMPLETE = "Test262:AsyncTestComplete";
const FAILED = "Test262:AsyncTestFailure:";

/** Natively only import() needs time: jobs are run before a timer is. */
const WAIT_MS = 2000;

export async function runScenario({ checkout, path, mode, meta, hook }) {
  const outcome = {};
  try {
    await run({ checkout, path, mode, meta, hook }, outcome);
    if (meta.negative) return { ...outcome, status: "fail", error: `did not throw a ${meta.negative.type}` };
    return { status: "pass", ...outcome };
  } catch (error) {
    if (error instanceof Failure) return { ...outcome, status: error.status, error: error.message };
    if (meta.negative && error?.constructor?.name === meta.negative.type) return { status: "pass", ...outcome };
    return { ...outcome, status: "fail", error: describe(error) };
  }
}

async function run({ checkout, path, mode, meta, hook }, outcome) {
  const isAsync = meta.flags.includes("async");
  let failure;
  let report;
  const reported = new Promise((resolve) => {
    report = resolve;
  });
  const print = (text) => {
    if (text.startsWith(FAILED)) failure ??= text.slice(FAILED.length, FAILED.length + 400);
    if (text === COMPLETE || text.startsWith(FAILED)) report();
  };
  const told = (told) => Object.assign(outcome, told);
  const realm = await new Realm({ checkout, path, mode, meta, hook, print, told, scripts: new Map() }).enter();
  const file = join(checkout, path);
  if (mode === "module") {
    const module = await realm.linkedModule(file);
    await Promise.race([module.evaluate(), ...(isAsync ? [reported] : [])]);
  } else {
    const text = readFileSync(file, "utf8");
    const info = realm.info("test");
    const code = await realm.transform(mode === "strict" ? `"use strict";\n${text}` : text, info);
    if (hook.evaluate) await hook.evaluate(code, info);
    else info.run(code, path);
  }
  if (!isAsync) return;
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, WAIT_MS, "late");
  });
  const first = await Promise.race([reported, late]);
  clearTimeout(timer);
  if (first === "late") throw new Failure("no-done", "the test never called $DONE");
  await new Promise(setImmediate); // a second call, with an error, counts too
  if (failure !== undefined) throw new Failure("fail", failure);
}
