import { now } from "./clock.js";
import { enumerable, stateKey } from "./state-key.js";

const STATE = stateKey("Event.state");

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

/** What a dispatch and the handlers change. */
export interface EventState {
  type: string;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  timeStamp: number;
  target: unknown;
  currentTarget: unknown;
  dispatching: boolean;
  canceled: boolean;
  passive: boolean;
  stopped: boolean;
  stoppedNow: boolean;
  trusted: boolean;
}

/** A DOM event without a tree: it has one target. */
export class Event {
  static readonly NONE = 0;
  static readonly CAPTURING_PHASE = 1;
  static readonly AT_TARGET = 2;
  static readonly BUBBLING_PHASE = 3;
  [key: symbol]: unknown;

  constructor(type: string, options: EventInit = {}) {
    const state: EventState = {
      type: `${type}`,
      bubbles: Boolean(options?.bubbles),
      cancelable: Boolean(options?.cancelable),
      composed: Boolean(options?.composed),
      timeStamp: now(),
      target: null,
      currentTarget: null,
      dispatching: false,
      canceled: false,
      passive: false,
      stopped: false,
      stoppedNow: false,
      trusted: false,
    };
    this[STATE] = state;
  }

  get type(): string {
    return eventState(this).type;
  }
  get target(): unknown {
    return eventState(this).target;
  }
  get srcElement(): unknown {
    return eventState(this).target;
  }
  get currentTarget(): unknown {
    return eventState(this).currentTarget;
  }
  get bubbles(): boolean {
    return eventState(this).bubbles;
  }
  get cancelable(): boolean {
    return eventState(this).cancelable;
  }
  get composed(): boolean {
    return eventState(this).composed;
  }
  get isTrusted(): boolean {
    return eventState(this).trusted;
  }
  get timeStamp(): number {
    return eventState(this).timeStamp;
  }
  get eventPhase(): number {
    return eventState(this).dispatching ? Event.AT_TARGET : Event.NONE;
  }
  get defaultPrevented(): boolean {
    return eventState(this).canceled;
  }
  get returnValue(): boolean {
    return !eventState(this).canceled;
  }
  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }
  get cancelBubble(): boolean {
    return eventState(this).stopped;
  }
  set cancelBubble(value: boolean) {
    if (value) this.stopPropagation();
  }

  composedPath(): unknown[] {
    const state = eventState(this);
    return state.dispatching ? [state.currentTarget] : [];
  }
  preventDefault(): void {
    const state = eventState(this);
    if (state.cancelable && !state.passive) state.canceled = true;
  }
  stopPropagation(): void {
    eventState(this).stopped = true;
  }
  stopImmediatePropagation(): void {
    const state = eventState(this);
    state.stopped = true;
    state.stoppedNow = true;
  }
}
enumerable(Event.prototype, [
  ...["type", "target", "srcElement", "currentTarget", "bubbles", "cancelable", "composed", "isTrusted", "timeStamp"],
  ...["eventPhase", "defaultPrevented", "returnValue", "cancelBubble", "composedPath", "preventDefault"],
  ...["stopPropagation", "stopImmediatePropagation"],
]);
Object.defineProperty(Event.prototype, Symbol.toStringTag, { value: "Event", configurable: true });

const DETAIL = stateKey("CustomEvent.detail");

/** An event with a value of the caller's. */
export class CustomEvent extends Event {
  constructor(type: string, options: EventInit & { detail?: unknown } = {}) {
    super(type, options);
    this[DETAIL] = options?.detail ?? null;
  }

  get detail(): unknown {
    return this[DETAIL];
  }
}
enumerable(CustomEvent.prototype, ["detail"]);
Object.defineProperty(CustomEvent.prototype, Symbol.toStringTag, { value: "CustomEvent", configurable: true });

export function eventState(event: Event): EventState {
  const state = event[STATE] as EventState | undefined;
  if (state === undefined) throw new TypeError('Value of "this" must be of type Event');
  return state;
}

export const isEvent = (value: unknown): value is Event =>
  typeof value === "object" && value !== null && STATE in value;
