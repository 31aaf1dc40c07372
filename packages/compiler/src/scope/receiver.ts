/** `this`, `arguments`, `new.target` and `super`: whose they are, and when an arrow function has to capture them. */
import * as t from "@babel/types";
import { syntaxError } from "../compile-error.js";
import { ClassUnit, type FunctionUnit } from "./model.js";
import type { Walk } from "./walk.js";

/** The function that `this` and `arguments` belong to here. */
export function receiver(w: Walk): FunctionUnit {
  let owner = w.fn;
  while (owner.kind === "arrow") owner = owner.parentFunction as FunctionUnit;
  return owner;
}

/** Whether the name `arguments` means the object of the function here, and no variable of that name. */
export function isArgumentsObject(w: Walk): boolean {
  const owner = receiver(w);
  if (owner.kind === "program") return false;
  const variable = w.scope.lookup("arguments");
  if (!variable || variable.kind === "special") return true;
  for (let f: FunctionUnit | undefined = w.fn; f && f !== owner.parentFunction; f = f.parentFunction)
    if (variable.scope.fn === f) return false;
  return true;
}

export function special(w: Walk, node: t.Node, name: string): void {
  const owner = receiver(w);
  if (owner.kind === "program" || w.fn.effective === owner) return;
  const binding = owner.scope.declare(name, "special", -1);
  if (owner.kind === "constructor" && name === "this" && (owner.parent as ClassUnit).node.superClass)
    binding.needsMarker = true;
  const reference = w.refer(node, name);
  reference.binding = binding;
  reference.mayBeUninitialized = binding.needsMarker;
}

export function superProperty(w: Walk, node: t.Node): void {
  // Native `super` works only in a method that stays in its class literal.
  const owner = receiver(w);
  if (owner.kind === "program") return void w.refused.push(outside(node));
  const direct = w.fn.effective === owner && !owner.suspendable && owner.parent instanceof ClassUnit;
  if (direct) return;
  w.fn.usesSuperProperty = true;
  const isClass = owner.parent instanceof ClassUnit;
  const home = isClass ? (owner.parent as ClassUnit).scope : w.objectScopes.get(owner.node);
  if (!home) return void w.refused.push(outside(node));
  const binding = home.declare(isClass ? "%class" : "%home", "special", -1);
  const reference = w.refer(node, binding.name);
  reference.binding = binding;
  if (w.fn.effective !== owner) {
    const receiverBinding = owner.scope.declare("this", "special", -1);
    if (owner.kind === "constructor" && (owner.parent as ClassUnit).node.superClass) receiverBinding.needsMarker = true;
    receiverBinding.captured = true;
    const holder = t.thisExpression();
    const thisReference = w.refer(holder, "this");
    thisReference.binding = receiverBinding;
    thisReference.mayBeUninitialized = receiverBinding.needsMarker;
    w.superReceivers.set(node, holder);
  }
}

const outside = (node: t.Node) => syntaxError(node, "KWF_SUPER", "'super' outside of a method");
