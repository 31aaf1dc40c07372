import type { Bundle } from "./bundle.js";
import { sourceNames } from "./source-names.js";

/**
 * What a bundle may ask of the world outside of its realm. Primitives in, primitives out, and nothing is thrown: an error made
 * here would be an object of this realm in the hands of workflow code.
 */
export interface Host {
  /** The bundle's own hash, which its text cannot contain. */
  readonly bundle: string;
  /** A monotonic clock in microseconds, for measuring only. */
  now(): number;
  /** Lines of a bundle that is being loaded; those of a step come with its result. */
  log(level: string, text: string): void;
  /** WHATWG URL: JSON of the parts of `href`, after assigning `value` to `property` if one is named; undefined if it is no URL. */
  urlParse(href: string, base?: string, property?: string, value?: string): string | undefined;
  /** What the author calls a function, by its id; where it stands, `src/saga.ts:41`, or with a label the await there. */
  name(functionId: number): string | undefined;
  place(functionId: number, label?: number): string | undefined;
  /** What the author calls the variable in a slot of a frame (`F12`), or by its place in a scope (`S5`); "": the compiler's own. */
  variable(holder: string, slot: string | number): string | undefined;
  /** The path of a source module. */
  module(index: number): string | undefined;
}

export type LogSink = (level: string, text: string) => void;

export function makeHost({ hash, metadata }: Bundle, log: LogSink): Host {
  return Object.assign(Object.create(null) as object, {
    bundle: hash,
    now: () => performance.now() * 1000,
    log: (level: string, text: string) => {
      try {
        log(String(level), String(text));
      } catch {
        // A log that cannot be written is no reason to fail what logs.
      }
    },
    urlParse,
    ...sourceNames(metadata),
  });
}

const PARTS = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;
type Settable = Exclude<(typeof PARTS)[number], "origin">;

function urlParse(href: string, base?: string, property?: string, value?: string): string | undefined {
  try {
    const url = new URL(String(href), base === undefined ? undefined : String(base));
    if (property !== undefined && property !== "origin" && (PARTS as readonly string[]).includes(property)) {
      url[property as Settable] = String(value);
    }
    return JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, url[part]])));
  } catch {
    return undefined;
  }
}
