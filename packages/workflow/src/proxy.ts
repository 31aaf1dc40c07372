// Proxies remember what they were made of: nothing in the language says so afterwards.
import { type MarkedKind, makeFunction, markKind, registerFactory, registerKind } from "./codec/registry.js";
import { construct, defineProperty } from "./pristine.js";
import { noteOf } from "./stamp.js";

const NativeProxy = Proxy;
const { revocable: nativeRevocable } = Proxy;

interface ProxyData {
  target: object | null;
  handler: object | null;
  /** The native function that ends a revocable one. */
  readonly revoke: (() => void) | undefined;
}

const proxyKind: MarkedKind = registerKind({
  tag: "Proxy",
  labels: ["[[ProxyTarget]]", "[[ProxyHandler]]"],
  parts(proxy) {
    const { target, handler, revoke } = noteOf(proxy)!.data as ProxyData;
    if (target === null) return [typeof proxy === "function"];
    return revoke === undefined ? [target, handler] : [target, handler, 1];
  },
  make([target, handler, isRevocable]) {
    if (typeof target === "boolean") {
      const { proxy, revoke } = revocable(target ? () => {} : {}, {});
      revoke();
      return proxy;
    }
    if (isRevocable) return revocable(target as object, handler as object).proxy;
    return mark(new NativeProxy(target as object, handler as object), target as object, handler as object);
  },
});

/** Runs no trap. */
export const isProxy = (object: object): boolean => noteOf(object)?.kind === proxyKind;

function mark(proxy: object, target: object, handler: object, revoke?: () => void): object {
  return markKind(proxy, proxyKind, { target, handler, revoke } satisfies ProxyData);
}

registerFactory("revoke", (proxy: object | null) => {
  let live = proxy;
  return () => {
    if (live === null) return;
    const data = noteOf(live)?.data as ProxyData;
    live = null;
    data.revoke?.();
    data.target = null;
    data.handler = null;
  };
});

function revocable(target: object, handler: object): { proxy: object; revoke: () => void } {
  const { proxy, revoke } = nativeRevocable(target, handler);
  mark(proxy, target, handler, revoke);
  return { proxy, revoke: makeFunction("revoke", proxy) };
}

/** Replaces the realm's `Proxy`. Called once, before the program. */
export function installProxy(): void {
  const methods = {
    revocable(target: object, handler: object) {
      return revocable(target, handler);
    },
  };
  defineProperty(NativeProxy, "revocable", { value: methods.revocable, writable: true, configurable: true });
  const tracked = new NativeProxy(NativeProxy, {
    construct(native, args: [object, object], newTarget) {
      return mark(construct(native, args, newTarget) as object, args[0], args[1]);
    },
  });
  defineProperty(globalThis, "Proxy", { value: tracked, writable: true, enumerable: false, configurable: true });
}
