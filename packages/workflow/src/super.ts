// `super.x` of methods, with the home object made explicit; `super()` whose `this` is a variable that fields may see.
import { getPrototypeOf } from "./pristine.js";

const { get, set, getOwnPropertyDescriptor } = Reflect;

/** `super[key]` in a method of `home`, read as `thisValue`. */
export function superGet(home: object, key: PropertyKey, thisValue: unknown): unknown {
  const base = getPrototypeOf(home);
  if (base === null) throw new TypeError(`Cannot read properties of null (reading '${String(key)}')`);
  return get(base, key, thisValue);
}

/** `super[key] = value`; code of a bundle is strict, so a failed write throws. */
export function superSet<V>(home: object, key: PropertyKey, value: V, thisValue: unknown): V {
  const base = getPrototypeOf(home);
  if (base === null) throw new TypeError(`Cannot set properties of null (setting '${String(key)}')`);
  if (!set(base, key, value, thisValue)) throw new TypeError(refusal(base, key, thisValue));
  return value;
}

/** `delete super[key]` */
export function superDel(_thisValue: unknown, _key: unknown): never {
  throw new ReferenceError("Unsupported reference to 'super'");
}

interface ThisScope {
  this: unknown;
}

/** What the constructors of a class share: the scope of the one that is in `super()` now. */
interface Constructing {
  now?: ThisScope | undefined;
}

/** `super(...)`, which `construct` calls, of a constructor whose `this` is a variable of `scope`. */
export function superNew(shared: Constructing, scope: ThisScope, construct: () => object): object {
  const outer = shared.now;
  shared.now = scope;
  try {
    const made = construct();
    scope.this = made;
    return made;
  } finally {
    shared.now = outer;
  }
}

/** Before the first field of `made` is initialised. */
export function superThis({ now }: Constructing, made: object): void {
  if (now !== undefined) now.this = made;
}

function refusal(base: object, key: PropertyKey, thisValue: unknown): string {
  let holder: object | null = base;
  while (holder !== null) {
    const found = getOwnPropertyDescriptor(holder, key);
    if (found !== undefined) {
      if (found.set === undefined && !("value" in found)) {
        return `Cannot set property ${String(key)} of ${shown(thisValue)} which has only a getter`;
      }
      break;
    }
    holder = getPrototypeOf(holder);
  }
  return `Cannot assign to read only property '${String(key)}' of ${typeof thisValue} '${shown(thisValue)}'`;
}

function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? "#<Object>" : String(value);
}
