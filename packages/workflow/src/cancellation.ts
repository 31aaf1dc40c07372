// Owns structured cancellation: who is given a CancelToken, where it is thrown, and what waits for the cleanup.
// Neighbours: blocked.ts draws who waits for which ref; combinators.ts has the combinators themselves;
// scope-slot.ts says which scope code runs under; frame.ts and reaction.ts run what is given its turn here.
//
// A cancellation starts from waits ("somebody waits for a promise") and goes down towards the refs:
//
// I1. Narrow. Only waits that a listed ref blocks, through any number of awaits, take part. Code that can run runs on;
//     it meets the token at its next await that is blocked, at the latest when nothing else can run (`sweep`).
//     Without refs nothing here has any effect: all, race and any are exactly ECMAScript's.
// I2. Down to the ref. A promise is entered only if every waiter of it takes part; then what leads to it takes part too.
//     A promise or ref with another waiter loses only the waiters that take part: they get the token themselves.
// I3. The token is thrown at the lowest wait, once; it comes up as the rejections that it causes. Whoever swallows it
//     has handled it: those above go on.
// I4. Cleanup is not disturbed. A wait that the token has reached below, or whose frame was given the token, does not
//     take part again until it is over (until it has swallowed the token, where the compiler tells).
// I5. A combinator whose branches were cancelled settles when these have ended. So does what cancelScope gives.
//     A branch that only waits for shielded work is not cancelled, and held for only if code of the branch follows.
// I6. A shield stops a cancellation from outside of it, not one from inside. Code that waits for shielded work goes on
//     with its result and meets the token after that.
// I7. A ref without waiters left by a cancellation is not pending any more; an answer for it comes too late.
// I8. A combinator that is itself cancelled rejects with the token when the token is why its elements failed.
import { setOnAwait } from "./await.js";
import { isBusy, Observer, Picture, targetsOf, type Wait } from "./blocked.js";
import { Cancellation, CancelToken, each, holdFor, markOf } from "./cancel-waits.js";
import { ThenReaction } from "./capability.js";
import { registerClass } from "./codec/registry.js";
import { ALL_SETTLED, Combination, KeptOutcome } from "./combinators.js";
import { type Frame, FrameMark, inCleanup, scopeOfFrame, setOnResume } from "./frame.js";
import { jobNumber, queuedJobs } from "./jobs.js";
import { append, SafeSet } from "./pristine.js";
import { addWaiter, firstWaiter, newPromise, PENDING, promiseState, type Waiter } from "./promise-state.js";
import { type Hold, Reaction, ReactionJob, resolvePromise, setIntercept, ThenableJob } from "./reaction.js";
import { CancellationScope, currentScope, enterScope, liesIn, type ScopeSlot, slotFor } from "./scope-slot.js";
import { currentThread } from "./thread.js";

export { CancellationScope, CancelToken };

/** Runs `fn` with `scope` as its scope: what it starts is cancelled by `cancelScope(scope)`. `undefined` shields it. */
export function withCancellationScope<T>(scope: CancellationScope | undefined, fn: () => T): T {
  if (scope !== undefined && !(scope instanceof CancellationScope)) {
    throw new TypeError("W.withCancellationScope: expected a CancellationScope, or undefined to shield");
  }
  const outer = currentScope();
  enterScope(slotFor(scope));
  try {
    return fn();
  } finally {
    enterScope(outer);
  }
}

/**
 * Cancels what was started in `scope` and is blocked. The promise is fulfilled when the cleanup of what was cancelled
 * has ended.
 */
export function cancelScope(scope: CancellationScope): Promise<void> {
  if (!(scope instanceof CancellationScope)) throw new TypeError("W.cancelScope: expected a CancellationScope");
  const token = new CancelToken();
  const visited = cancelMembers(scope, token);
  oweRunning(scope, token);
  running = { scope, token, job: jobNumber() };
  const finished = newPromise();
  const cleanup = new Cleanup(finished);
  for (let i = 0; i < visited.length; i++) {
    const { targets } = visited[i]!;
    for (let j = 0; j < targets.length; j++) cleanup.observe(targets[j]!);
  }
  cleanup.release();
  return finished as Promise<void>;
}

/** Cancels everything of the thread that no shield protects. */
export function cancelThread(reason?: string): void {
  currentThread().cancelled = true;
  cancelMembers(undefined, new CancelToken(reason));
}

// ------------------------------------------------------------------------------------ who takes part

/** Cancels the waits of `scope`; those that took part, for cleanup that is not over (I4) is left alone. */
function cancelMembers(scope: ScopeSlot, token: CancelToken): Wait[] {
  const picture = new Picture();
  const sheltered = belowBusy(picture);
  const roots: Wait[] = [];
  each(picture, (wait) => {
    if (isBusy(wait.waiter) || sheltered.has(wait) || wait.waiter instanceof Observer) return;
    if (liesIn(wait.scope, scope)) append(roots, wait);
  });
  const visited = new Cancellation(picture, scope, token).run(roots);
  for (let i = 0; i < visited.length; i++) {
    if (!visited[i]!.reached) owe(visited[i]!.waiter, token);
  }
  return visited;
}

/** Waits of code that cleans up, or that such code waits for. */
function belowBusy(picture: Picture): SafeSet<Wait> {
  const found = new SafeSet<Wait>();
  const list: Wait[] = [];
  each(picture, (wait) => {
    if (isBusy(wait.waiter)) append(list, wait);
  });
  for (let i = 0; i < list.length; i++) {
    const { sources } = list[i]!.source;
    for (let j = 0; j < sources.length; j++) {
      if (found.has(sources[j]!)) continue;
      found.add(sources[j]!);
      append(list, sources[j]!);
    }
  }
  return found;
}

// ------------------------------------------------------------------------------- code that can still run

/** The frame meets the token later, at an await that is blocked (I1, I6). */
function owe(waiter: Waiter, token: CancelToken): void {
  if (waiter instanceof Reaction || isBusy(waiter)) return;
  markOf(waiter as Frame).token = token;
  currentThread().owing = true;
}

/** As `owe`, for the code of a scope that waits for its turn, and the code that waits for that. */
function oweRunning(scope: ScopeSlot, token: CancelToken): void {
  const seen = new SafeSet<object>();
  const list: Waiter[] = [];
  for (let job = queuedJobs(); job !== undefined; job = job.next) {
    if (job instanceof ReactionJob) append(list, job.waiter);
    else if (job instanceof ThenableJob) addWaiters(job.promise);
  }
  for (let i = 0; i < list.length; i++) {
    const waiter = list[i]!;
    if (!(waiter instanceof Reaction) && liesIn(scopeOfFrame(waiter as Frame), scope)) owe(waiter, token);
    const targets = targetsOf(waiter);
    for (let j = 0; j < targets.length; j++) addWaiters(targets[j]!);
  }

  function addWaiters(promise: object): void {
    if (seen.has(promise)) return;
    seen.add(promise);
    let waiter = firstWaiter(promiseState(promise)!);
    for (; waiter !== undefined; waiter = waiter._w) append(list, waiter);
  }
}

/** Code that runs at this moment cannot be seen; it is recognised at its next await in the same job. */
let running: { scope: ScopeSlot; token: CancelToken; job: number } | undefined;

setOnAwait((frame) => {
  const mark = frame._c;
  if (mark instanceof FrameMark && mark.stage === 2 && !inCleanup(frame)) {
    mark.stage = 0;
    forget(frame, mark);
  }
  if (running === undefined) return;
  if (running.job !== jobNumber()) running = undefined;
  else if (liesIn(scopeOfFrame(frame), running.scope)) owe(frame, running.token);
});

setOnResume((frame, mark, value, mode) => {
  if (mode === 1 && value instanceof CancelToken) {
    mark.stage = 2;
    mark.token = undefined;
  } else if (mark.stage === 1) {
    mark.stage = 0;
  }
  forget(frame, mark);
});

function forget(frame: Frame, mark: FrameMark): void {
  if (mark.stage === 0 && mark.token === undefined) frame._c = mark.scope;
}

/** Nothing can run: whoever was to be cancelled and is blocked by now gets the token. False when there was nobody. */
export function sweep(): boolean {
  if (currentThread().owing !== true) return false;
  const picture = new Picture();
  let any = false;
  each(picture, (wait) => {
    const { waiter } = wait;
    if (wait.visited || isBusy(waiter)) return;
    if (waiter instanceof Reaction) {
      for (let i = 0; i < wait.targets.length; i++) {
        if (!isDecided(wait.targets[i]!)) continue;
        const [reached] = new Cancellation(picture, wait.scope, new CancelToken()).run([wait]);
        if (!reached!.reached) continue;
        any = true;
      }
    } else {
      const mark = (waiter as Frame)._c;
      if (!(mark instanceof FrameMark) || mark.token === undefined) return;
      const token = mark.token as CancelToken;
      const [reached] = new Cancellation(picture, wait.scope, token).run([wait]);
      if (!reached!.reached) return;
      mark.token = undefined;
      any = true;
    }
  });
  return any;
}

function isDecided(promise: object): boolean {
  const { origin } = promiseState(promise)!;
  return origin instanceof Combination && origin.done === true && origin.kind !== ALL_SETTLED;
}

// ----------------------------------------------------------------------------------------- combinators

setIntercept((promise, { origin }, outcome, value) => {
  if (!(origin instanceof Combination) || origin.kind === ALL_SETTLED) return false;
  origin.done = true;
  if (origin.missing <= 0) return false;
  currentThread().owing = true;
  const picture = new Picture();
  const branches = picture.of(promise)?.sources ?? [];
  const free: Wait[] = [];
  for (let i = 0; i < branches.length; i++) {
    if (!isBusy(branches[i]!.waiter)) append(free, branches[i]!);
  }
  if (free.length > 0) new Cancellation(picture, free[0]!.scope, new CancelToken()).run(free);
  for (let i = 0; i < free.length; i++) {
    const { reached, waiter, targets } = free[i]!;
    if (!reached && codeFollows(free[i]!)) holdFor(waiter as Reaction, targets);
  }
  if (origin.ending === undefined) return false;
  origin.cancelling = new KeptOutcome(outcome, value);
  return true;
});

/** Whether code of the branch itself waits for the shielded work, or for cleanup, that a branch is blocked by (I5). */
function codeFollows(branch: Wait): boolean {
  const list: Wait[] = [branch];
  const seen = new SafeSet<Wait>();
  for (let i = 0; i < list.length; i++) {
    const { sources, isCleaning } = list[i]!.source;
    if (isCleaning) return true;
    for (let j = 0; j < sources.length; j++) {
      const below = sources[j]!;
      if (isBusy(below.waiter)) return true;
      if (!below.visited || seen.has(below)) continue;
      if (!(below.waiter instanceof Reaction) || below.waiter instanceof ThenReaction) return true;
      seen.add(below);
      append(list, below);
    }
  }
  return false;
}

/** Fulfils a promise when what a cancelled scope had started has ended. */
class Cleanup implements Hold {
  promise: object;
  left = 1;
  constructor(promise: object) {
    this.promise = promise;
  }
  observe(promise: object): void {
    const state = promiseState(promise)!;
    if (state.status !== PENDING) return;
    const observer = new Observer(this.promise);
    observer.hold = this;
    addWaiter(state, observer);
    this.left++;
  }
  release(): void {
    if (--this.left === 0) resolvePromise(this.promise, undefined);
  }
}
registerClass("XC", Cleanup, ["promise", "left"]);
