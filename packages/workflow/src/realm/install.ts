// Owns what a bundle's realm has beside ECMAScript. A realm is a bare node:vm context; what is installed here is all
// there is (docs/globals.md lists it, globals.d.ts types it).
//
// I1. No object and no function of the host is reachable from workflow code: the host's functions stay in host.ts and
//     exchange primitives.
// I2. Two realms of one bundle are the same: nothing here depends on the wall clock, the machine or earlier realms.
// I3. Every instance of a class installed here can be saved: state in ordinary properties (state-key.ts), no closures.
// I4. What a built-in would do outside a step (timers, native promises) is absent, or refuses when reached.
import { AbortController, AbortSignal } from "./abort.js";
import { atob, btoa } from "./base64.js";
import { LOAD_TIME, now, setNow } from "./clock.js";
import { makeFunction, refuseCodeFrom } from "./code-from-text.js";
import { type ConsoleLine, makeConsole, takeConsole } from "./console.js";
import { Crypto } from "./crypto.js";
import { makeDate } from "./date.js";
import { DOMException } from "./dom-exception.js";
import { CustomEvent, Event } from "./event.js";
import { EventTarget } from "./event-target.js";
import { type RealmHost, setHost } from "./host.js";
import { installIntl } from "./intl.js";
import { Performance } from "./performance.js";
import { nextDouble, randomState, setRandomState, setSeed } from "./random.js";
import { setReport } from "./report.js";
import { stateKeys } from "./state-key.js";
import { structuredClone } from "./structured-clone.js";
import { installTemporal } from "./temporal.js";
import { TextDecoder } from "./text-decoder.js";
import { TextEncoder } from "./text-encoder.js";
import { NotDurableError, SilentFinalizationRegistry, undurableClasses, undurableFunctions } from "./undurable.js";
import { URL, urlQueryPrototype } from "./url.js";
import { pairIteratorPrototype, URLSearchParams } from "./url-search-params.js";

/** What the realm needs of the runtime. */
export interface RealmServices {
  /** Puts a job at the end of the queue. */
  enqueue(callback: () => unknown): void;
  /** An error that nobody can catch. */
  report(error: unknown): void;
  /** Globals of the runtime's own, the durable Promise above all. */
  readonly globals: Readonly<Record<string, unknown>>;
}

export interface Realm {
  /** Sets clock and randomness for a step. */
  begin(now: number, seed: string): void;
  /** Clock and randomness are those of loading until the answer is called. */
  enterLoading(): () => void;
  /** What was logged since the last call. */
  takeConsole(): ConsoleLine[];
  /** Objects and symbols of the realm that its globals do not lead to, each under a stable name. */
  readonly roots: Readonly<Record<string, object | symbol>>;
}

/** Called once in a fresh realm, before any code of the bundle. `seed` is the bundle's hash. */
export function installRealm(host: RealmHost, services: RealmServices, seed: string): Realm {
  setHost(host);
  setReport(services.report);
  setNow(LOAD_TIME);
  setSeed(seed);

  const queueMicrotask = (callback: () => unknown): void => {
    if (typeof callback !== "function") throw new TypeError('The "callback" argument must be of type function');
    services.enqueue(callback);
  };
  const StepDate = makeDate(Date);
  hide(Date.prototype, { constructor: StepDate });
  installIntl();
  installTemporal();
  hide(Math, { random: () => nextDouble() });

  hide(globalThis, { Date: StepDate, console: makeConsole(), FinalizationRegistry: SilentFinalizationRegistry });
  hide(globalThis, { AbortController, AbortSignal, CustomEvent, DOMException, Event, EventTarget });
  hide(globalThis, { Crypto, Performance, TextDecoder, TextEncoder, URL, URLSearchParams });
  hide(globalThis, services.globals);
  // Enumerable, as in Node.
  show(globalThis, { atob, btoa, structuredClone, queueMicrotask });
  // As Node and browsers call it: bundles of libraries that were made for either ask for one of the two while they load.
  show(globalThis, { global: globalThis, self: globalThis });
  show(globalThis, { crypto: new Crypto(), performance: new Performance() });
  show(globalThis, undurableFunctions());
  hide(globalThis, undurableClasses());
  for (const name of ["dispose", "asyncDispose"] as const) {
    if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
  }
  removeUndurable();
  return {
    begin(now, stepSeed) {
      setNow(now);
      setSeed(stepSeed);
      takeConsole();
    },
    enterLoading() {
      const time = now();
      const random = randomState();
      setNow(LOAD_TIME);
      setSeed(seed);
      return () => {
        setNow(time);
        setRandomState(random);
      };
    },
    takeConsole,
    roots: {
      ...stateKeys(),
      NotDurableError,
      "URLSearchParams Iterator": pairIteratorPrototype,
      "URL query": urlQueryPrototype,
    },
  };
}

/** Built-ins that hand out native promises or block, and code made at run time that would. */
function removeUndurable(): void {
  for (const name of ["WebAssembly"]) Reflect.deleteProperty(globalThis, name);
  for (const name of ["wait", "waitAsync"]) Reflect.deleteProperty(Atomics, name);
  Reflect.deleteProperty(Array, "fromAsync");
  const ofText = makeFunction(Function);
  hide(globalThis, { Function: ofText });
  hide(ofText.prototype, { constructor: ofText });
  Object.setPrototypeOf(Object.getPrototypeOf(function* () {}).constructor, ofText);
  const asyncPrototypes = [Object.getPrototypeOf(async () => {}), Object.getPrototypeOf(async function* () {})];
  for (const prototype of asyncPrototypes) {
    const refuse = refuseCodeFrom(prototype.constructor);
    Object.defineProperty(prototype, "constructor", { value: refuse, configurable: true });
  }
}

function hide(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  }
}

function show(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
