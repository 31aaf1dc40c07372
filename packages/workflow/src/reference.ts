// Assignment targets that are not plain members: in `[o.#x] = values` the target is an object whose property `v` writes
// through. They live within one expression and are not part of a continuation unless an await stands in the pattern.
import { registerClass } from "./codec/registry.js";
import { type PrivateName, pget, pset } from "./private-name.js";
import { cns, set } from "./scope.js";
import { superGet, superSet } from "./super.js";

class SlotReference {
  constructor(
    readonly scope: Record<string, unknown>,
    readonly name: string,
    readonly constant: boolean,
  ) {}
  set v(value: unknown) {
    const current = this.scope[this.name];
    if (this.constant) cns(value, current, this.name);
    this.scope[this.name] = set(value, current, this.name);
  }
}

class PrivateReference {
  constructor(
    readonly object: object,
    readonly name: PrivateName,
  ) {}
  get v(): unknown {
    return pget(this.object, this.name);
  }
  set v(value: unknown) {
    pset(this.object, this.name, value);
  }
}

class SuperReference {
  constructor(
    readonly home: object,
    readonly key: PropertyKey,
    readonly receiver: unknown,
  ) {}
  get v(): unknown {
    return superGet(this.home, this.key, this.receiver);
  }
  set v(value: unknown) {
    superSet(this.home, this.key, value, this.receiver);
  }
}

registerClass("slotRef", SlotReference, ["scope", "name", "constant"]);
registerClass("privateRef", PrivateReference, ["object", "name"]);
registerClass("superRef", SuperReference, ["home", "key", "receiver"]);

/** A variable whose dead zone, or being constant, must be checked when it is written. */
export const slot = (scope: Record<string, unknown>, name: string, constant: boolean): SlotReference =>
  new SlotReference(scope, name, constant);
export const pref = (object: object, name: PrivateName): PrivateReference => new PrivateReference(object, name);
export const superRef = (home: object, key: PropertyKey, receiver: unknown): SuperReference =>
  new SuperReference(home, key, receiver);
