// Parts of object literals that the compiler defines one after another: what stands behind an accessor.
import { defineProperty, getOwnPropertyDescriptor, ownKeys, setPrototypeOf } from "./pristine.js";

/** `...source` behind an accessor (ECMA-262 7.3.26 CopyDataProperties). */
export function spread(target: object, source: unknown): void {
  if (source === null || source === undefined) return;
  const from = Object(source) as Record<PropertyKey, unknown>;
  const keys = ownKeys(from);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    if (getOwnPropertyDescriptor(from, key)?.enumerable !== true) continue;
    defineProperty(target, key, { value: from[key], writable: true, enumerable: true, configurable: true });
  }
}

/** `__proto__: value` behind an accessor. */
export function proto(target: object, value: unknown): void {
  if (value === null || typeof value === "object" || typeof value === "function")
    setPrototypeOf(target, value as object | null);
}
