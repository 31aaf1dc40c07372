import { type Event, eventState, isEvent } from "./event.js";
import { reportException } from "./report.js";
import { enumerable, stateKey } from "./state-key.js";

const LISTENERS = stateKey("EventTarget.listeners");

type Callback = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Listener {
  callback: Callback | null;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  /** Of an `on...` property: stays at the place where it was first set. */
  readonly attribute: boolean;
  removed: boolean;
}

export interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortableSignal;
}

/** What an AbortSignal offers to those who undo something when it aborts (abort.ts). */
export interface AbortableSignal {
  readonly aborted: boolean;
}
type RemoveOnAbort = (signal: AbortableSignal, target: EventTarget, type: string, listener: object) => void;
let removeOnAbort: RemoveOnAbort = () => {};

/** abort.ts says how a listener is tied to a signal, since its signals are event targets themselves. */
export const setRemoveOnAbort = (tie: RemoveOnAbort): void => {
  removeOnAbort = tie;
};

/** Listeners are plain records, so that a target can be saved with them. */
export class EventTarget {
  [key: symbol]: unknown;

  addEventListener(type: string, callback: Callback | null, options: ListenerOptions | boolean = {}): void {
    const flags = typeof options === "boolean" ? { capture: options } : (options ?? {});
    const capture = Boolean(flags.capture);
    if (callback == null) return;
    if (typeof callback !== "function" && typeof callback !== "object") {
      throw new TypeError('The "listener" argument must be an instance of EventListener');
    }
    if (flags.signal?.aborted) return;
    const list = listenersOf(this, `${type}`);
    if (list.some((entry) => !entry.attribute && entry.callback === callback && entry.capture === capture)) return;
    const listener: Listener = {
      callback,
      capture,
      once: Boolean(flags.once),
      passive: Boolean(flags.passive),
      attribute: false,
      removed: false,
    };
    list.push(listener);
    if (flags.signal) removeOnAbort(flags.signal, this, `${type}`, listener);
  }

  removeEventListener(type: string, callback: Callback | null, options: { capture?: boolean } | boolean = {}): void {
    const capture = typeof options === "boolean" ? options : Boolean(options?.capture);
    const found = listenersOf(this, `${type}`).find(
      (entry) => !entry.attribute && entry.callback === callback && entry.capture === capture,
    );
    if (found) removeListener(this, `${type}`, found);
  }

  dispatchEvent(event: Event): boolean {
    if (!isEvent(event)) throw new TypeError('The "event" argument must be an instance of Event');
    if (eventState(event).dispatching) {
      throw Object.assign(new Error("The event is already being dispatched"), { code: "ERR_EVENT_RECURSION" });
    }
    dispatch(this, event);
    return !event.defaultPrevented;
  }
}
enumerable(EventTarget.prototype, ["addEventListener", "removeEventListener", "dispatchEvent"]);
Object.defineProperty(EventTarget.prototype, Symbol.toStringTag, { value: "EventTarget", configurable: true });

export function dispatch(target: EventTarget, event: Event, trusted = false): void {
  const state = eventState(event);
  state.trusted = trusted;
  state.target = target;
  state.currentTarget = target;
  state.dispatching = true;
  for (const listener of [...listenersOf(target, state.type)]) {
    const { callback } = listener;
    if (listener.removed || callback === null) continue;
    if (listener.once) removeListener(target, state.type, listener);
    state.passive = listener.passive;
    try {
      if (typeof callback === "function") callback.call(target as never, event);
      else callback.handleEvent(event);
    } catch (error) {
      reportException(error);
    }
    state.passive = false;
    if (state.stoppedNow) break;
  }
  state.currentTarget = null;
  state.dispatching = false;
  state.stopped = false;
  state.stoppedNow = false;
}

export function removeListener(target: EventTarget, type: string, listener: object): void {
  const list = listenersOf(target, type);
  const at = list.indexOf(listener as Listener);
  if (at < 0) return;
  list.splice(at, 1);
  (listener as Listener).removed = true;
}

/** The callback of `target.on<type>`. */
export const attributeOf = (target: EventTarget, type: string): unknown =>
  listenersOf(target, type).find((entry) => entry.attribute)?.callback ?? null;

export function setAttribute(target: EventTarget, type: string, value: unknown): void {
  const list = listenersOf(target, type);
  const callback = typeof value === "function" ? (value as (event: Event) => unknown) : null;
  const found = list.find((entry) => entry.attribute);
  if (found) found.callback = callback;
  else if (callback) {
    list.push({ callback, capture: false, once: false, passive: false, attribute: true, removed: false });
  }
}

function listenersOf(target: EventTarget, type: string): Listener[] {
  // An own property of null prototype: a class may extend EventTarget without state of ours until it is used.
  target[LISTENERS] ??= Object.create(null);
  const table = target[LISTENERS] as Record<string, Listener[]>;
  table[type] ??= [];
  return table[type];
}
