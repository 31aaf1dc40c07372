// WeakMap, WeakSet and WeakRef. Their entries are ephemerons: one is written when both the collection and its key are
// alive, which is known only when everything else is written (ephemerons.ts).
import { call } from "../pristine.js";
import { isWeakMap, isWeakSet, weakPut } from "../weak.js";
import { defineBuiltin, succeeds } from "./builtins.js";
import type { Json } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

const NativeWeakMap = WeakMap;
const NativeWeakSet = WeakSet;
const NativeWeakRef = WeakRef;
const { deref } = WeakRef.prototype;

defineBuiltin<WeakMap<WeakKey, unknown>>(WeakMap.prototype, {
  tag: "WeakMap",
  is: isWeakMap,
  write(out, map) {
    const json: Json = { $: "WeakMap", k: [], v: [] };
    out.weak(map);
    putOwn(out, map, json, NativeWeakMap.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new NativeWeakMap()) as WeakMap<WeakKey, unknown>,
  fill(input, json, map) {
    const keys = json.k as unknown[];
    const values = json.v as unknown[];
    for (let i = 0; i < keys.length; i++) weakPut(map, input.get(keys[i]) as WeakKey, input.get(values[i]));
    takeOwn(input, json, map);
  },
});

defineBuiltin<WeakSet<WeakKey>>(WeakSet.prototype, {
  tag: "WeakSet",
  is: isWeakSet,
  write(out, set) {
    const json: Json = { $: "WeakSet", k: [] };
    out.weak(set);
    putOwn(out, set, json, NativeWeakSet.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new NativeWeakSet()) as WeakSet<WeakKey>,
  fill(input, json, set) {
    const keys = json.k as unknown[];
    for (let i = 0; i < keys.length; i++) weakPut(set, input.get(keys[i]) as WeakKey, true);
    takeOwn(input, json, set);
  },
});

/** The target is kept: a reference may outlive a step, and within one it always does. */
defineBuiltin<WeakRef<WeakKey>>(WeakRef.prototype, {
  tag: "WeakRef",
  is: (object) => succeeds(() => call(deref, object)),
  write(out, ref) {
    const json: Json = { $: "WeakRef" };
    const target = call(deref, ref);
    if (target !== undefined) json.v = out.put(target, json, "v", "target");
    putOwn(out, ref, json, NativeWeakRef.prototype);
    return json;
  },
  make(input, json) {
    // A target that is gone stays gone: nothing else holds this object.
    const target = json.v === undefined ? {} : (input.make(json.v) as WeakKey);
    return takePrototype(input, json, new NativeWeakRef(target)) as WeakRef<WeakKey>;
  },
  fill: takeOwn,
});
