// Objects of Temporal, where Node has it. `v` is the text that its class reads again; where a text would say less, a list of what the
// class's constructor takes.
import { apply, construct, getOwnPropertyDescriptor } from "../pristine.js";
import { defineBuiltin, succeeds } from "./builtins.js";
import type { Json } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

type Constructor = (new (...parts: unknown[]) => object) & { from(text: string): object };
type Get = (property: string) => unknown;

const classes = ((globalThis as { Temporal?: unknown }).Temporal ?? {}) as Record<string, Constructor | undefined>;
const { exec } = RegExp.prototype;
const ISO_DATE = /^([+-]?\d+)-(\d\d)-(\d\d)\[u-ca=([^\]]+)\]$/;

function define(name: string, write: (text: (options?: object) => string, get: Get) => unknown): void {
  const made = classes[name];
  if (made === undefined) return;
  const { from, prototype } = made as Constructor & { prototype: object };
  const asText = getOwnPropertyDescriptor(prototype, "toString")?.value as () => string;
  const get = (object: object, property: string): unknown =>
    apply(getOwnPropertyDescriptor(prototype, property)?.get as () => unknown, object, []);
  defineBuiltin<object>(prototype, {
    tag: `Temporal.${name}`,
    is: (object) => succeeds(() => apply(asText, object, [])),
    write(out, object) {
      const v = write(
        (options) => apply(asText, object, options === undefined ? [] : [options]),
        (property) => get(object, property),
      );
      const json: Json = { $: `Temporal.${name}`, v };
      putOwn(out, object, json, prototype);
      return json;
    },
    make(input, { v, ...json }) {
      const object = typeof v === "string" ? apply(from, made, [v]) : construct(made, partsOf(v as unknown[]));
      return takePrototype(input, json, object as object);
    },
    fill: takeOwn,
  });
}

/** Nanoseconds do not fit into a number. */
const partsOf = ([first, ...rest]: unknown[]): unknown[] => [
  typeof first === "string" ? BigInt(first) : first,
  ...rest,
];

/** The date of the ISO calendar that stands for it, and its own calendar. */
function isoDate(text: (options: object) => string): [year: number, month: number, day: number, calendar: string] {
  const parts = apply(exec, ISO_DATE, [text({ calendarName: "always" })]) as RegExpExecArray;
  return [Number(parts[1]), Number(parts[2]), Number(parts[3]), parts[4] as string];
}

for (const name of ["Instant", "PlainDate", "PlainTime", "PlainDateTime"]) define(name, (text) => text());
// By its instant: what a wall clock shows there may be decided anew until it is read again.
define("ZonedDateTime", (_, get) => [String(get("epochNanoseconds")), get("timeZoneId"), get("calendarId")]);
define("PlainYearMonth", (text) => {
  const [year, month, day, calendar] = isoDate(text);
  return [year, month, calendar, day];
});
define("PlainMonthDay", (text) => {
  const [year, month, day, calendar] = isoDate(text);
  return [month, day, calendar, year];
});
const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
UNITS.push("milliseconds", "microseconds", "nanoseconds");
define("Duration", (_, get) => {
  const parts: unknown[] = [];
  for (let i = 0; i < UNITS.length; i++) parts[i] = get(UNITS[i] as string);
  return parts;
});
