// Owns the picture of what is blocked: which promises wait, through any number of awaits, for a ref that something
// outside may answer. It is drawn anew when cancellation needs it, from the listed refs upwards, so that promises and
// frames carry no links for it.
// Neighbours: cancellation.ts decides on this picture who is cancelled.
//
// I1. A promise is in the picture if and only if it is pending and a listed ref leads to it, or cleanup after a
//     cancellation that is about to run.
// I2. What a waiter leads to: the promise of its frame, the promise of its reaction, the promise whose resolving
//     functions are its handlers.
// I3. Drawing changes nothing and runs no user code.
import { runningRequest } from "./async-generator.js";
import { Handler, ThenReaction } from "./capability.js";
import { registerClass } from "./codec/registry.js";
import { type Combination, ElementReaction } from "./combinators.js";
import { type Frame, FrameMark, scopeOfFrame } from "./frame.js";
import { queuedJobs } from "./jobs.js";
import { append, SafeMap } from "./pristine.js";
import { firstWaiter, PENDING, type PromiseState, promiseState, type Waiter } from "./promise-state.js";
import { type Follower, Reaction, ReactionJob, type Resolving } from "./reaction.js";
import type { ScopeSlot } from "./scope-slot.js";
import { functionId, functionParts } from "./stamp.js";
import { currentThread, listedRefs } from "./thread.js";

/** Somebody waits for a promise of the picture. */
export class Wait {
  readonly waiter: Waiter;
  readonly source: Blocked;
  /** The promises that it leads to, settled ones included. */
  readonly targets: object[];
  /** Cancellation has come by (cancellation.ts). */
  visited = false;
  /** The token is on its way to it, or to something below it. */
  reached = false;
  /** The token is thrown at this very wait. */
  direct = false;
  /** Its place in the picture. */
  readonly order: number;
  constructor(waiter: Waiter, source: Blocked, order: number) {
    this.waiter = waiter;
    this.order = order;
    this.source = source;
    this.targets = targetsOf(waiter);
  }
  get scope(): ScopeSlot {
    const { waiter } = this;
    return waiter instanceof Reaction ? waiter.scope : scopeOfFrame(waiter as Frame);
  }
}

/** Waits for a promise without being anybody's branch: it is not counted as a waiter and handles no rejection. */
export class Observer extends Reaction {
  promise: object;
  constructor(promise: object) {
    super();
    this.promise = promise;
  }
  override react(): void {
    // Only its hold matters.
  }
}
registerClass("RO", Observer, ["promise", "scope", "cancelled", "hold", "_w"]);

/** A pending promise that waits for a ref, or is one. */
export class Blocked {
  readonly promise: object;
  readonly state: PromiseState;
  readonly isRef: boolean;
  /** Who waits for it. */
  readonly waits: Wait[] = [];
  /** How many of them are waiters in the sense of cancellation. */
  demand = 0;
  /** Waits that lead to it. */
  readonly sources: Wait[] = [];
  /** Cleanup after a cancellation leads to it, and can run at this moment. */
  isCleaning = false;
  /** How many of its waits cancellation has visited. */
  visits = 0;
  constructor(promise: object, isRef: boolean) {
    this.promise = promise;
    this.state = promiseState(promise)!;
    this.isRef = isRef;
  }
}

export class Picture {
  readonly #byPromise = new SafeMap<object, Blocked>();
  /** Refs first made come first; what they lead to follows. */
  readonly all: Blocked[] = [];
  #count = 0;

  constructor() {
    const refs = listedRefs();
    for (let i = 0; i < refs.length; i++) {
      if (firstWaiter(promiseState(refs[i]!)!) !== undefined) this.#add(refs[i]!, true);
    }
    const first = currentThread().tokens ? queuedJobs() : undefined;
    for (let job = first; job !== undefined; job = job.next) {
      if (job instanceof ReactionJob && isBusy(job.waiter)) this.#addCleaning(job.waiter);
    }
    for (let i = 0; i < this.all.length; i++) this.#follow(this.all[i]!);
  }

  of(promise: object): Blocked | undefined {
    return this.#byPromise.get(promise);
  }

  #add(promise: object, isRef: boolean): Blocked {
    const blocked = new Blocked(promise, isRef);
    this.#byPromise.set(promise, blocked);
    append(this.all, blocked);
    return blocked;
  }

  #addCleaning(waiter: Waiter): void {
    const targets = targetsOf(waiter);
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      if (promiseState(target)!.status === PENDING) {
        (this.#byPromise.get(target) ?? this.#add(target, false)).isCleaning = true;
      }
    }
  }

  #follow(source: Blocked): void {
    for (let waiter = firstWaiter(source.state); waiter !== undefined; waiter = waiter._w) {
      const wait = new Wait(waiter, source, this.#count++);
      append(source.waits, wait);
      if (!(waiter instanceof Observer)) source.demand++;
      for (let i = 0; i < wait.targets.length; i++) {
        const target = wait.targets[i]!;
        if (promiseState(target)!.status !== PENDING) continue;
        append((this.#byPromise.get(target) ?? this.#add(target, false)).sources, wait);
      }
    }
  }
}

/** Whether a cancellation has come by already and its cleanup is not over. */
export function isBusy(waiter: Waiter): boolean {
  if (waiter instanceof Reaction) return waiter.cancelled === true;
  const { _c } = waiter as Frame;
  return _c instanceof FrameMark && _c.stage !== 0;
}

/** The promises that a waiter leads to. */
export function targetsOf(waiter: Waiter): object[] {
  const targets: object[] = [];
  if (!(waiter instanceof Reaction)) {
    const { _p } = waiter as Frame;
    addTarget(targets, promiseState(_p) !== undefined ? _p : runningRequest(_p));
  } else if (waiter instanceof ElementReaction) {
    addTarget(targets, waiter.combination.promise);
  } else if (waiter instanceof ThenReaction) {
    addTarget(targets, waiter.promise);
    addTarget(targets, behind(waiter.onFulfilled));
    addTarget(targets, behind(waiter.onRejected));
  } else {
    addTarget(targets, (waiter as Follower | Observer).promise);
  }
  return targets;
}

function addTarget(targets: object[], promise: object | undefined): void {
  if (promise === undefined || promiseState(promise) === undefined) return;
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] === promise) return;
  }
  append(targets, promise);
}

/** The promise that a handler of the runtime's own settles. */
function behind(handler: unknown): object | undefined {
  if (handler instanceof Handler) return handler.target;
  if (typeof handler !== "function") return undefined;
  switch (functionId(handler)) {
    case "resolve":
    case "reject":
      return (functionParts(handler) as [Resolving])[0].promise;
    case "elementFulfilled":
    case "elementRejected":
      return (functionParts(handler) as [{ combination: Combination }])[0].combination.promise;
    default:
      return undefined;
  }
}
