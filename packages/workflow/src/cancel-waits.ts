// Owns one cancellation on the picture of what is blocked: which waits take part, which of them get the token
// themselves, and the marks that keep cleanup from being disturbed.
// Neighbours: cancellation.ts starts cancellations and has the invariants (I1 to I8); blocked.ts draws the picture.
import { isBusy, Observer, type Picture, type Wait } from "./blocked.js";
import { ALL_SETTLED, ANY, Combination, setIsToken } from "./combinators.js";
import { type Frame, FrameMark } from "./frame.js";
import { enqueue } from "./jobs.js";
import { append, defineProperty } from "./pristine.js";
import { firstWaiter, promiseState, REJECTED, removeWaiter } from "./promise-state.js";
import { Reaction, ReactionJob } from "./reaction.js";
import { refState } from "./ref-state.js";
import { isShielded, type ScopeSlot } from "./scope-slot.js";
import { currentThread } from "./thread.js";

/** Thrown at the await where cancelled code is blocked. */
export class CancelToken extends Error {
  constructor(message = "cancelled") {
    super(message);
  }
}
defineProperty(CancelToken.prototype, "name", { value: "CancelToken", writable: true, configurable: true });
setIsToken((reason) => reason instanceof CancelToken);

/** Every wait of a picture, those for refs made first coming first. */
export function each(picture: Picture, visit: (wait: Wait) => void): void {
  for (let i = 0; i < picture.all.length; i++) {
    const { waits } = picture.all[i]!;
    for (let j = 0; j < waits.length; j++) visit(waits[j]!);
  }
}

export function markOf(frame: Frame): FrameMark {
  if (!(frame._c instanceof FrameMark)) frame._c = new FrameMark(frame._c);
  return frame._c;
}

export class Cancellation {
  readonly #picture: Picture;
  /** The scope it comes from: only shields inside of it count (I6). */
  readonly #origin: ScopeSlot;
  readonly #token: CancelToken;
  readonly #visited: Wait[] = [];

  constructor(picture: Picture, origin: ScopeSlot, token: CancelToken) {
    this.#picture = picture;
    this.#origin = origin;
    this.#token = token;
  }

  /** Cancels `roots` and what they wait for. Gives the waits that took part, `roots` first. */
  run(roots: Wait[]): Wait[] {
    const visited = this.#visited;
    for (let i = 0; i < roots.length; i++) this.#visit(roots[i]!);
    for (let i = 0; i < visited.length; i++) this.#descend(visited[i]!);
    const direct = this.#spreadUp();
    if (direct.length > 0) currentThread().tokens = true;
    for (let i = 0; i < visited.length; i++) {
      if (visited[i]!.reached) this.#mark(visited[i]!);
    }
    for (let i = 0; i < direct.length; i++) this.#throwAt(direct[i]!);
    return visited;
  }

  #visit(wait: Wait): void {
    if (wait.visited) return;
    wait.visited = true;
    wait.source.visits++;
    append(this.#visited, wait);
  }

  // I2
  #descend({ source }: Wait): void {
    if (source.visits < source.demand) return;
    for (let i = 0; i < source.sources.length; i++) {
      const below = source.sources[i]!;
      if (isBusy(below.waiter) || below.waiter instanceof Observer) continue;
      if (!isShielded(below.scope, this.#origin)) this.#visit(below);
    }
  }

  /** The waits that get the token themselves, in the order of their refs; everything above them counts as reached. */
  #spreadUp(): Wait[] {
    const mine = this.#visited;
    const direct: Wait[] = [];
    for (let i = 0; i < mine.length; i++) {
      const wait = mine[i]!;
      if (!isLowest(wait)) continue;
      wait.direct = true;
      insertInOrder(direct, wait);
    }
    const reached: Wait[] = [];
    for (let i = 0; i < direct.length; i++) append(reached, direct[i]!);
    for (let i = 0; i < reached.length; i++) {
      const wait = reached[i]!;
      wait.reached = true;
      for (let j = 0; j < wait.targets.length; j++) {
        const waits = this.#picture.of(wait.targets[j]!)?.waits ?? [];
        for (let k = 0; k < waits.length; k++) {
          if (waits[k]!.visited && !waits[k]!.reached) append(reached, waits[k]!);
        }
      }
    }
    return direct;
  }

  #mark({ waiter, source, targets, direct }: Wait): void {
    if (waiter instanceof Reaction) {
      waiter.cancelled = true;
      if (!direct) holdFor(waiter, targets);
    } else {
      markOf(waiter as Frame).stage = 1;
    }
    const { origin } = source.state;
    // I8
    if (origin instanceof Combination && !origin.done && (origin.kind === ANY || origin.kind === ALL_SETTLED)) {
      origin.cancelling = this.#token;
    }
  }

  // I3, I7
  #throwAt({ waiter, source }: Wait): void {
    removeWaiter(source.state, waiter);
    if (source.isRef && firstWaiter(source.state) === undefined) refState(source.promise)!.listed = false;
    if (!(waiter instanceof Reaction)) markOf(waiter as Frame).stage = 2;
    enqueue(new ReactionJob(waiter, REJECTED, this.#token));
  }
}

/** The combinator that a branch belongs to settles only when the branch has ended (I5). */
export function holdFor(branch: Reaction, targets: readonly object[]): void {
  for (let i = 0; branch.hold === undefined && i < targets.length; i++) {
    const { origin } = promiseState(targets[i]!)!;
    if (!(origin instanceof Combination)) continue;
    origin.ending = (origin.ending ?? 0) + 1;
    branch.hold = origin;
  }
}

/** Whether nothing below a visited wait can take the token, so that it gets it itself. */
function isLowest({ source }: Wait): boolean {
  if (source.isRef) return true;
  let others = source.isCleaning;
  for (let i = 0; i < source.sources.length; i++) {
    if (source.sources[i]!.visited) return false;
    if (!(source.sources[i]!.waiter instanceof Observer)) others = true;
  }
  // Shielded work or cleanup below: whoever waits for it alone goes on waiting (I4, I6).
  return !others || source.visits < source.demand;
}

function insertInOrder(waits: Wait[], wait: Wait): void {
  append(waits, wait);
  for (let i = waits.length - 1; i > 0 && waits[i - 1]!.order > wait.order; i--) {
    waits[i] = waits[i - 1]!;
    waits[i - 1] = wait;
  }
}
