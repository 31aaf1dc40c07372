// The globals of Node and of browsers that a workflow does not have, each with the durable way to do the same. Names beside these are a program's own
// business: it may define them. The realm (packages/workflow/src/realm) says what exists.

const TIMER = "use `await sleep(ms)` or `timeout(ms, promise)` of @kwf/patterns: they survive a restart";
const REQUEST =
  "a workflow does no I/O of its own: use topics (W.output to a service, await the answer with W.ref, or `request` of @kwf/patterns)";
const THREADS =
  "a thread's steps run one after the other: start another workflow with W.ensureThread, or leave the work to a service";
const MESSAGES = "threads talk through topics: W.output, W.ref, and `channel` of @kwf/patterns";
const BYTES = "use Uint8Array, TextEncoder, TextDecoder, atob and btoa";
const STATE = "variables are durable: keep it in one, or leave it to a service";
const PAGE = "a workflow has no page: leave this to a client";
const MODULE = "a bundle is one file: import what it needs by a literal path, or take it from W.config";
const CLOCK = "use Date.now() or performance.now(): time stands still within a step";
const LINES = "use console: its lines are written when the step is committed";
export const CODE = "code made at run time cannot be restored: write it as an ordinary function";

/** What to do instead, by global. */
const ABSENT = new Map<string, string>();
const absent = (instead: string, names: string): void => {
  for (const name of names.split(/\s+/)) ABSENT.set(name, instead);
};

absent(TIMER, "setTimeout requestAnimationFrame requestIdleCallback clearTimeout clearInterval clearImmediate");
absent(TIMER, "cancelAnimationFrame cancelIdleCallback");
absent("use a loop with `await sleep(ms)` of @kwf/patterns: it survives a restart", "setInterval");
absent("use `await null` to let other branches run, or `sleep` of @kwf/patterns", "setImmediate");
absent(REQUEST, "fetch XMLHttpRequest WebSocket EventSource WebTransport RTCPeerConnection Request Response Headers");
absent(REQUEST, "FormData Blob File FileReader caches navigator Deno Bun");
absent(REQUEST, "ReadableStream WritableStream TransformStream CompressionStream DecompressionStream");
absent(REQUEST, "TextDecoderStream TextEncoderStream");
absent(THREADS, "Worker SharedWorker importScripts");
absent(MESSAGES, "MessageChannel MessagePort BroadcastChannel postMessage");
absent(BYTES, "Buffer");
absent(
  "settings come from W.config (`kwf run --config FILE`); `process.env.NODE_ENV` is known at build time",
  "process",
);
absent(STATE, "localStorage sessionStorage indexedDB cookieStore");
absent(PAGE, "window document location history screen alert confirm prompt");
absent(MODULE, "__dirname __filename");
absent("only ECMAScript is compiled: leave it to a service", "WebAssembly");
absent(CODE, "eval");

/** The same of properties. */
const ABSENT_MEMBERS: Readonly<Record<string, string>> = {
  "process.nextTick": "use `queueMicrotask`, or `await null`",
  "process.exit": "return, or throw: the thread ends with what the workflow function does",
  "process.hrtime": CLOCK,
  "process.uptime": CLOCK,
  "process.stdout": LINES,
  "process.stderr": LINES,
  "AbortSignal.timeout": TIMER,
  "Atomics.wait": "use `await W.ref()`: nothing of a step waits",
  "Atomics.waitAsync": "use `await W.ref()`",
  "crypto.subtle": "leave it to a service, or take a package that does it in JavaScript",
};

/** What is there, and does not mean what it does elsewhere: when it is made, that is said. */
const DIFFERENT: Readonly<Record<string, readonly [message: string, instead: string]>> = {
  SharedArrayBuffer: ["a SharedArrayBuffer cannot be saved with a thread", "use an ArrayBuffer"],
  FinalizationRegistry: ["a FinalizationRegistry never calls back in a workflow", "clean up in `finally`"],
};

export const insteadOf = (global: string): string | undefined => ABSENT.get(global);
/** Of `object.property`. */
export const insteadOfMember = (path: string): string | undefined => own(ABSENT_MEMBERS, path);
export const differenceOf = (global: string): readonly [message: string, instead: string] | undefined =>
  own(DIFFERENT, global);

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
