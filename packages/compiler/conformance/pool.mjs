// Runs scenarios on worker processes. Each has one scenario at a time, is killed when it does not answer, and is replaced
// when it has grown.
import { fork } from "node:child_process";
import { join } from "node:path";

const MOST_SCENARIOS = 1500;
const MOST_MIB = 1200;
const FLAGS = ["--experimental-vm-modules", "--no-warnings", "--expose-gc", "--max-old-space-size=3072"];
// A realm lives for milliseconds. With V8's own settings half of the processor's time went into optimizing code that was
// dropped soon after, and into moving realms out of a young generation that was too small for one.
FLAGS.push("--min-semi-space-size=64", "--max-semi-space-size=64");
// Node 20; the V8 of later ones does not know it.
if (process.versions.v8.startsWith("11.")) FLAGS.push("--interrupt-budget=2000000");

/** Calls `tell(scenario, result)` for each of `scenarios`, in any order; ends when all are told. */
export async function runScenarios(scenarios, { checkout, run, workers, timeout }, tell) {
  const queue = [...scenarios];
  const config = JSON.stringify({ checkout, run });
  const one = async () => {
    while (queue.length > 0) await life(queue, config, timeout, tell);
  };
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, one));
}

/** One worker process, from its start to its end. */
function life(queue, config, timeout, tell) {
  return new Promise((resolve, reject) => {
    let served = 0;
    let isReady = false;
    let current;
    let timer;
    const child = fork(join(import.meta.dirname, "worker.mjs"), [], {
      execArgv: FLAGS,
      env: { ...process.env, KWF_CONFORMANCE: config },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const answer = (result) => {
      clearTimeout(timer);
      const scenario = current;
      current = undefined;
      tell(scenario, result);
    };
    const give = (mib = 0) => {
      current = served++ < MOST_SCENARIOS && mib < MOST_MIB ? queue.shift() : undefined;
      if (!current) return child.kill();
      timer = setTimeout(() => {
        answer({ status: "timeout" });
        child.kill("SIGKILL");
      }, timeout);
      child.send(current);
    };
    child.on("message", ({ ready, result, mib }) => {
      if (ready) isReady = true;
      else if (current) answer(result);
      else return;
      give(mib);
    });
    child.on("exit", (code, signal) => {
      if (current) answer({ status: "worker-crash", error: `the worker ended with ${signal ?? code}` });
      if (isReady) resolve();
      else reject(new Error(`a worker ended with ${signal ?? code} before it ran anything`));
    });
  });
}
