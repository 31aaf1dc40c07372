// Functions that Intl objects hand out bound to themselves (`format`, `compare`). The built-in ones cannot be written
// with a continuation and ask the host for the time; these are made by registered factories and ask the step's clock.
import { makeFunction, registerFactory } from "../codec/registry.js";
import { now } from "./clock.js";

type Bound = (...args: unknown[]) => unknown;

const GETTERS = [
  ["DateTimeFormat", "format", 1],
  ["NumberFormat", "format", 1],
  ["Collator", "compare", 2],
] as const;

/** Replaces the getters in this realm. */
export function installIntl(): void {
  for (const [kind, property, length] of GETTERS) {
    const { prototype } = Intl[kind] as unknown as { prototype: object };
    const descriptor = Object.getOwnPropertyDescriptor(prototype, property) as PropertyDescriptor;
    const native = descriptor.get as (this: object) => Bound;
    const factory = `Intl.${kind}.${property}`;
    // The same object gives the same function, also after a restore, which makes the function before it is asked for.
    const bound = new WeakMap<object, object>();
    registerFactory(factory, (object: object) => {
      const call = native.call(object);
      const timed: Bound = (date) => call(date === undefined ? now() : date);
      const made: Bound = kind === "DateTimeFormat" ? timed : (a, b) => call(a, b);
      Object.defineProperty(made, "name", { value: "", configurable: true });
      Object.defineProperty(made, "length", { value: length, configurable: true });
      bound.set(object, made);
      return made;
    });
    const getter = {
      get [property](): object {
        native.call(this); // a TypeError for any other object
        return bound.get(this) ?? makeFunction(factory, this);
      },
    };
    Object.defineProperty(prototype, property, {
      ...Object.getOwnPropertyDescriptor(getter, property),
      enumerable: false,
    });
  }
  timeFormatToParts(Intl.DateTimeFormat.prototype);
}

function timeFormatToParts(prototype: Intl.DateTimeFormat): void {
  const native = prototype.formatToParts;
  const { formatToParts } = {
    formatToParts(this: Intl.DateTimeFormat, date?: Date | number) {
      return native.call(this, date === undefined ? now() : date);
    },
  };
  Object.defineProperty(formatToParts, "length", { value: 1, configurable: true });
  Object.defineProperty(prototype, "formatToParts", { value: formatToParts, writable: true, configurable: true });
}
