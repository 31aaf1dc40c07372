import { now } from "./clock.js";

type DateParts = [
  year: number,
  month: number,
  date?: number,
  hours?: number,
  minutes?: number,
  seconds?: number,
  ms?: number,
];

/**
 * The realm's `Date`: the built-in one, except that "now" is the step's clock. It shares the built-in's prototype,
 * so `instanceof`, methods and subclasses are the native ones.
 */
export function makeDate(native: DateConstructor): DateConstructor {
  function StepDate(this: unknown, ...args: unknown[]): Date | string {
    if (new.target === undefined) return new native(now()).toString();
    return Reflect.construct(native, args.length === 0 ? [now()] : args, new.target) as Date;
  }
  Object.defineProperties(StepDate, {
    name: { value: "Date", configurable: true },
    length: { value: 7, configurable: true },
    prototype: { value: native.prototype, writable: false },
  });
  const statics = {
    now: () => now(),
    parse: native.parse,
    UTC: (...parts: DateParts) => native.UTC(...parts),
  };
  Object.defineProperty(statics.UTC, "length", { value: 7, configurable: true });
  for (const [name, value] of Object.entries(statics)) {
    Object.defineProperty(StepDate, name, { value, writable: true, configurable: true });
  }
  return StepDate as unknown as DateConstructor;
}
