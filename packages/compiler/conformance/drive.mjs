// Runs one asyncified test to its end: job by job in one realm, or each job in a realm of its own.

/** Global function that the rewritten test calls with its main function. */
export const START = "__kwf262start";

/** So many jobs have a realm of their own; later ones share it, since some tests loop over thousands of awaits. */
const JOBS_ALONE = 60;
const JOBS_TOGETHER = 50;

/** Global objects of realms that take over a running test. */
const takingOver = new WeakSet();

/**
 * Called in every realm that evaluates the test's text: in the first one it begins the test, in one that takes over it
 * must not. Answers a promise of the judge's own realm, settled as the test's main function settles.
 */
export function drive(kitName, start, info, restoring) {
  const { global } = info;
  if (restoring) global[kitName].program.freeze({ whole: true });
  if (takingOver.delete(global)) return undefined;
  const end = info.run("({ reached: false, failed: false, error: undefined })");
  const { text } = global[START];
  start.call(global, end);
  return run({ kitName, text, restoring }, end, info);
}

async function run({ kitName, text, restoring }, end, info) {
  let { program } = info.global[kitName];
  for (let job = 0; !end.reached; job++) {
    if (restoring && (job < JOBS_ALONE || job % JOBS_TOGETHER === 0)) {
      const state = program.save(end);
      const fresh = await info.newRealm();
      takingOver.add(fresh.global);
      fresh.run(text, info.path);
      ({ program } = fresh.global[kitName]);
      end = program.restore(state);
    }
    if (!program.runJob() && !(await nativeJob(program))) throw new Error("the test's main function never settles");
  }
  program.drain(); // what is left only reports
  if (end.failed) throw end.error;
}

/** A native promise (of import()) may still put a job into the queue. */
async function nativeJob(program) {
  for (let round = 0; round < 20; round++) {
    await new Promise(setImmediate);
    if (program.runJob()) return true;
  }
  return false;
}
