// Private names: `d` description; of methods and accessors also `m` method, `g` getter, `s` setter, `o` the class's
// name, `t` 1: static.
import { PrivateName } from "../private-name.js";
import { defineKind, type Json, type Kind } from "./kind.js";
import { byPrototype } from "./registry.js";

const kind: Kind<PrivateName> = defineKind<PrivateName>({
  tag: "N",
  write(out, name) {
    const json: Json = { $: "N", d: name.description };
    const label = `#${name.description}`;
    if (name.method !== undefined) json.m = out.put(name.method, json, "m", label);
    if (name.get !== undefined) json.g = out.put(name.get, json, "g", label);
    if (name.set !== undefined) json.s = out.put(name.set, json, "s", label);
    if (name.owner !== "anonymous") json.o = name.owner;
    if (name.isStatic) json.t = 1;
    return json;
  },
  make(_input, json) {
    const name = new PrivateName(json.d as string);
    if (json.m !== undefined) name.kind = "method";
    else if (json.g !== undefined || json.s !== undefined) name.kind = "accessor";
    if (json.o !== undefined) name.owner = json.o as string;
    name.isStatic = json.t === 1;
    return name;
  },
  fill(input, json, name) {
    if (json.m !== undefined) name.method = input.get(json.m);
    if (json.g !== undefined) name.get = input.get(json.g);
    if (json.s !== undefined) name.set = input.get(json.s);
  },
  state: (name) => [name.method, name.get, name.set],
});
byPrototype.set(PrivateName.prototype, kind as unknown as Kind);
