import { DOMException } from "./dom-exception.js";
import { Event } from "./event.js";
import {
  type AbortableSignal,
  attributeOf,
  dispatch,
  EventTarget,
  removeListener,
  setAttribute,
  setRemoveOnAbort,
} from "./event-target.js";
import { enumerable, stateKey } from "./state-key.js";
import { NotDurableError } from "./undurable.js";

const STATE = stateKey("AbortSignal.state");
const SIGNAL = stateKey("AbortController.signal");

/** Records, not closures: a signal is saved with everything that waits for it. */
interface SignalState {
  aborted: boolean;
  reason: unknown;
  /** Signals of `AbortSignal.any` that follow this one. */
  followers: AbortSignal[];
  /** Listeners to take off when this one aborts. */
  ties: { target: EventTarget; type: string; listener: object }[];
}

let making = false;

export class AbortSignal extends EventTarget implements AbortableSignal {
  constructor() {
    if (!making) throw Object.assign(new TypeError("Illegal constructor"), { code: "ERR_ILLEGAL_CONSTRUCTOR" });
    super();
    const state: SignalState = { aborted: false, reason: undefined, followers: [], ties: [] };
    this[STATE] = state;
  }

  static abort(reason: unknown = abortError()): AbortSignal {
    const signal = makeSignal();
    const state = stateOf(signal);
    state.aborted = true;
    state.reason = reason;
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources = [...signals];
    const signal = makeSignal();
    const aborted = sources.find((source) => stateOf(source).aborted);
    if (aborted) {
      stateOf(signal).aborted = true;
      stateOf(signal).reason = aborted.reason;
    } else for (const source of new Set(sources)) stateOf(source).followers.push(signal);
    return signal;
  }

  static timeout(_ms: number): never {
    throw new NotDurableError("AbortSignal.timeout", "race the work against `timeout` of @kwf/patterns");
  }

  get aborted(): boolean {
    return stateOf(this).aborted;
  }

  get reason(): unknown {
    return stateOf(this).reason;
  }

  get onabort(): unknown {
    return attributeOf(this, "abort");
  }
  set onabort(callback: unknown) {
    setAttribute(this, "abort", callback);
  }

  throwIfAborted(): void {
    const state = stateOf(this);
    if (state.aborted) throw state.reason;
  }
}
enumerable(AbortSignal.prototype, ["aborted", "reason", "onabort", "throwIfAborted"]);
enumerable(AbortSignal, ["abort", "any", "timeout"]);
Object.defineProperty(AbortSignal.prototype, Symbol.toStringTag, { value: "AbortSignal", configurable: true });

export class AbortController {
  [key: symbol]: unknown;

  constructor() {
    this[SIGNAL] = makeSignal();
  }

  get signal(): AbortSignal {
    return this[SIGNAL] as AbortSignal;
  }

  abort(reason: unknown = abortError()): void {
    abortSignal(this.signal, reason);
  }
}
enumerable(AbortController.prototype, ["signal", "abort"]);
Object.defineProperty(AbortController.prototype, Symbol.toStringTag, { value: "AbortController", configurable: true });

const abortError = (): DOMException => new DOMException("This operation was aborted", "AbortError");

function makeSignal(): AbortSignal {
  making = true;
  try {
    return new AbortSignal();
  } finally {
    making = false;
  }
}

function stateOf(signal: AbortSignal): SignalState {
  const state = signal[STATE] as SignalState | undefined;
  if (state === undefined) throw new TypeError('Value of "this" must be of type AbortSignal');
  return state;
}

/** All followers are aborted before the first listener runs, as in the DOM Standard. */
function abortSignal(signal: AbortSignal, reason: unknown): void {
  if (stateOf(signal).aborted) return;
  const reached = [signal];
  for (const each of reached) {
    const state = stateOf(each);
    state.aborted = true;
    state.reason = reason;
    for (const follower of state.followers) if (!stateOf(follower).aborted) reached.push(follower);
    state.followers = [];
  }
  for (const each of reached) {
    const state = stateOf(each);
    for (const { target, type, listener } of state.ties) removeListener(target, type, listener);
    state.ties = [];
    dispatch(each, new Event("abort"), true);
  }
}

setRemoveOnAbort((signal, target, type, listener) => {
  stateOf(signal as AbortSignal).ties.push({ target, type, listener });
});
