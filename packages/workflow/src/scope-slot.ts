// Owns which cancellation scope the running code belongs to. A slot holds what frames, reactions and jobs keep of it;
// undefined is the thread's own scope, the default, which takes no bytes.
// Neighbours: cancellation.ts says what scopes mean; whatever runs user code later enters a slot first.
import { registerClass } from "./codec/registry.js";

/** A group of work that can be cancelled together. Made inside another scope, it is cancelled with that one. */
export class CancellationScope {
  /** @internal The scope in which this one was made. */
  readonly parent: ScopeSlot;
  constructor() {
    this.parent = current;
  }
}

/** Stands between shielded work and the scopes around it. */
export class Shield {
  readonly parent: ScopeSlot;
  constructor() {
    this.parent = current;
  }
}

/** A scope that was entered elsewhere than where it was made: what is started then lies in both. */
export class Entered {
  readonly scope: CancellationScope;
  readonly parent: ScopeSlot;
  constructor(scope: CancellationScope) {
    this.scope = scope;
    this.parent = current;
  }
}

export type ScopeSlot = CancellationScope | Shield | Entered | undefined;

registerClass("CS", CancellationScope, ["parent"]);
registerClass("CX", Shield, ["parent"]);
registerClass("CE", Entered, ["scope", "parent"]);

let current: ScopeSlot;

export const currentScope = (): ScopeSlot => current;

export const enterScope = (slot: ScopeSlot): void => {
  current = slot;
};

/** The slot of work that is started in `scope` from now on; `undefined` shields it. */
export function slotFor(scope: CancellationScope | undefined): ScopeSlot {
  if (scope === undefined) return new Shield();
  return scope.parent === current ? scope : new Entered(scope);
}

/** Whether `slot` is `scope` or lies in it, with no shield in between. */
export function liesIn(slot: ScopeSlot, scope: ScopeSlot): boolean {
  let at = slot;
  while (at !== scope) {
    if (at === undefined || at instanceof Shield) return false;
    if (at instanceof Entered && scope !== undefined && liesIn(at.scope, scope)) return true;
    at = at.parent;
  }
  return true;
}

/** Whether a shield stands between work in `slot` and a cancellation that comes from `origin`. */
export function isShielded(slot: ScopeSlot, origin: ScopeSlot): boolean {
  let shield = slot;
  while (!(shield instanceof Shield)) {
    if (shield === undefined || shield === origin) return false;
    if (shield instanceof Entered && origin !== undefined && liesIn(shield.scope, origin)) return false;
    shield = shield.parent;
  }
  for (let at = origin; at !== undefined; at = at.parent) {
    if (at === shield) return false;
  }
  return true;
}
