// Owns what workflow code logs during a step. The step takes the lines with its result; the host writes them after
// the commit, so that nothing is logged twice. Counters, timers and groups are the step's and end with it.
import { now } from "./clock.js";
import { inspect } from "./inspect.js";

export type ConsoleLevel = "debug" | "info" | "warn" | "error";

export interface ConsoleLine {
  readonly level: ConsoleLevel;
  readonly text: string;
  /** The caller's line of the stack, in the bundle's own positions: the host maps it to the source. */
  readonly frame?: string;
}

let lines: ConsoleLine[] = [];
let indent = "";
let counts = new Map<string, number>();
let timers = new Map<string, number>();

/** The lines since the last call, and a clean console. */
export function takeConsole(): ConsoleLine[] {
  const taken = lines;
  lines = [];
  indent = "";
  counts = new Map();
  timers = new Map();
  return taken;
}

/** As in Node, the functions are bound to nothing: `const { log } = console` works. */
export function makeConsole(): Record<string, (...args: unknown[]) => void> {
  const methods: Record<string, (...args: never[]) => void> = {
    log: (...args: unknown[]) => write("info", format(args)),
    info: (...args: unknown[]) => write("info", format(args)),
    debug: (...args: unknown[]) => write("debug", format(args)),
    warn: (...args: unknown[]) => write("warn", format(args)),
    error: (...args: unknown[]) => write("error", format(args)),
    trace: (...args: unknown[]) => write("debug", `Trace: ${format(args)}`),
    dir: (value: unknown) => write("info", inspect(value)),
    dirxml: (...args: unknown[]) => write("info", format(args)),
    table: (value: unknown) => write("info", inspect(value)),
    assert: (condition: unknown, ...args: unknown[]) => {
      if (condition) return;
      const text = args.length > 0 ? `Assertion failed: ${format(args)}` : "Assertion failed";
      write("error", text);
    },
    count: (label: unknown = "default") => {
      const n = (counts.get(`${label}`) ?? 0) + 1;
      counts.set(`${label}`, n);
      write("info", `${label}: ${n}`);
    },
    countReset: (label: unknown = "default") => counts.delete(`${label}`),
    time: (label: unknown = "default") => timers.set(`${label}`, now()),
    timeLog: (label: unknown = "default", ...args: unknown[]) => elapsed(`${label}`, args),
    timeEnd: (label: unknown = "default") => {
      elapsed(`${label}`, []);
      timers.delete(`${label}`);
    },
    group: (...args: unknown[]) => {
      if (args.length > 0) write("info", format(args));
      indent += "  ";
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
    clear: () => {},
  };
  methods.groupCollapsed = methods.group as () => void;
  const target: Record<string, (...args: unknown[]) => void> = {};
  for (const [name, method] of Object.entries(methods)) {
    const entry = (...args: unknown[]): void => {
      caller = entry;
      (method as (...args: unknown[]) => unknown)(...args);
    };
    target[name] = Object.defineProperty(entry, "name", { value: name, configurable: true });
  }
  Object.defineProperty(target, Symbol.toStringTag, { value: "console", configurable: true });
  return target;
}

/** The console function that workflow code called: frames above it are ours. */
let caller: unknown;

function write(level: ConsoleLevel, text: string): void {
  const frame = callerFrame();
  const line = { level, text: indent + text.replaceAll("\n", `\n${indent}`) };
  lines.push(frame === undefined ? line : { ...line, frame });
}

type V8Error = ErrorConstructor & {
  stackTraceLimit?: number;
  captureStackTrace?: (target: object, above: unknown) => void;
};

function callerFrame(): string | undefined {
  const V8 = Error as V8Error;
  const limit = V8.stackTraceLimit;
  const holder: { stack?: string } = {};
  try {
    V8.stackTraceLimit = 1;
    V8.captureStackTrace?.(holder, caller);
    return /\n\s*at (.*)/.exec(String(holder.stack))?.[1];
  } catch {
    return undefined; // a frozen Error, or a prepareStackTrace of the workflow's own that throws
  } finally {
    V8.stackTraceLimit = limit as number;
  }
}

function elapsed(label: string, args: unknown[]): void {
  const start = timers.get(label);
  if (start === undefined) write("warn", `No such label '${label}' for console.time()`);
  else write("info", `${label}: ${now() - start}ms${args.length > 0 ? ` ${format(args)}` : ""}`);
}

/** Node's util.format. */
export function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  let text = "";
  let used = 0;
  if (typeof first === "string") {
    text = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return rest.length > 0 ? "%" : mark;
      if (used >= rest.length) return mark;
      return directive(mark, rest[used++]);
    });
  } else if (args.length > 0) text = inspect(first);
  for (const value of rest.slice(used)) text += ` ${typeof value === "string" ? value : inspect(value)}`;
  return text;
}

function directive(mark: string, value: unknown): string {
  switch (mark) {
    case "%s":
      return typeof value === "object" || typeof value === "function"
        ? inspect(value, 0)
        : typeof value === "bigint" || Object.is(value, -0)
          ? inspect(value)
          : String(value);
    case "%d":
      return typeof value === "bigint" ? `${value}n` : typeof value === "object" ? "NaN" : numberText(value, Number);
    case "%i":
      return typeof value === "bigint" ? `${value}n` : typeof value === "object" ? "NaN" : numberText(value, parseInt);
    case "%f":
      return numberText(value, parseFloat);
    case "%j":
      return jsonText(value);
    case "%c":
      return "";
    default:
      return inspect(value, 4);
  }
}

function numberText(value: unknown, read: (text: string) => number): string {
  if (typeof value === "symbol" || typeof value === "object") return "NaN";
  const number = read(String(value));
  return Object.is(number, -0) ? "-0" : String(number);
}

function jsonText(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    return "[Circular]";
  }
}
