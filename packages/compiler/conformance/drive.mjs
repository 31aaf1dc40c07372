// Runs one test to its end: job by job in one realm, or each job in a realm of its own.

import { IMPORTS } from "./realm.mjs";

/** Global function that is given the host's promise of an `import()`, and gives the program's. */
export const IMPORT = "__kwf262import";
/** Global function that a rewritten asyncified test calls with its main function. */
export const START = "__kwf262start";
/** The same of a test that is not asyncified: what is called with is the top level of the script. */
export const MAIN = "__kwf262main";

/** So many jobs have a realm of their own; later ones share it, since some tests loop over thousands of awaits. */
const JOBS_ALONE = 60;
const JOBS_TOGETHER = 50;

/** Global objects of realms that take over a running test. */
const takingOver = new WeakSet();

/**
 * Called in every realm that evaluates the test's text: in the first one it begins the test, in one that takes over it
 * must not. Of an asyncified test it answers a promise of the judge's own realm, settled as the test's main function
 * settles.
 */
export function drive(kitName, main, info, restoring) {
  const { global } = info;
  if (restoring) global[kitName].program.freeze({ whole: true });
  if (takingOver.delete(global)) return undefined;
  if (global[START].text === undefined) return main.call(global);
  const end = info.run("({ reached: false, failed: false, error: undefined })");
  main.call(global, end);
  return run(new Relay(kitName, info, START, restoring), end);
}

/** What is left of a test that is not asyncified, when its script has run. */
export async function goOn(kitName, info) {
  const relay = new Relay(kitName, info, MAIN, true);
  while (relay.program.hasJob() || (await nativeJob(relay.program))) {
    await relay.handOver();
    relay.program.runJob();
  }
}

async function run(relay, end) {
  let now = end;
  while (!now.reached) {
    if (relay.program.hasJob()) now = await relay.handOver(now);
    if (relay.program.runJob() || (await nativeJob(relay.program, relay.info.global[IMPORT]))) continue;
    // The job may have been found by the pump of a module.
    if (!now.reached) throw new Error("the test's main function never settles");
  }
  relay.program.drain(); // what is left only reports
  if (IMPORTS.test(relay.text)) pump(relay.program, relay.info.global[IMPORT]);
  if (now.failed) throw now.error;
}

/** The running program and its realm, which change at every hand-over. */
class Relay {
  #job = 0;

  constructor(kitName, info, start, restoring) {
    this.kitName = kitName;
    this.info = info;
    this.restoring = restoring;
    this.program = info.global[kitName].program;
    this.text = info.global[start].text;
  }

  /** Serializes the program, drops it, and restores it in a fresh realm; gives `kept` as it is there. */
  async handOver(kept) {
    const job = this.#job++;
    if (!this.restoring || (job >= JOBS_ALONE && job % JOBS_TOGETHER !== 0)) return kept;
    const state = this.program.save(kept);
    const fresh = await this.info.newRealm();
    takingOver.add(fresh.global);
    fresh.run(this.text, this.info.path);
    this.program = fresh.global[this.kitName].program;
    return this.program.restore(state);
  }
}

const PUMP_MS = 2500;
const REST_ROUNDS = 50;

/** Native code may settle our promises at any time: the queue is looked at while a test, or an `import()`, may be going on. */
export async function pump(program, imports) {
  const end = Date.now() + PUMP_MS;
  let rest = REST_ROUNDS;
  while (Date.now() < end && rest > 0) {
    program.drain();
    if (imports) rest = imports.pending > 0 ? REST_ROUNDS : rest - 1;
    await new Promise((next) => setTimeout(next, 1));
  }
}

/** `import()` is the host's, as a bundle has none: this host makes its promise the program's, as any host does. */
export function importer(Durable) {
  const adopt = (native) => {
    adopt.pending++;
    return new Durable((resolve, reject) => {
      const settle = (how) => (value) => {
        adopt.pending--;
        how(value);
      };
      Promise.resolve(native).then(settle(resolve), settle(reject));
    });
  };
  adopt.pending = 0;
  return adopt;
}

/** A native promise may still put a job into the queue. */
async function nativeJob(program, imports) {
  for (let round = 0; round < 20 || imports?.pending > 0; round++) {
    if (program.hasJob()) return true;
    await new Promise(setImmediate);
  }
  return program.hasJob();
}
