/** Connects references with bindings; decides what is captured and where a dead zone can be seen. */
import * as t from "@babel/types";
import type { Binding, FunctionUnit, Reference } from "./model.js";

export function resolve(reference: Reference): void {
  const binding = reference.binding ?? reference.scope.lookup(reference.name);
  if (!binding) return;
  reference.binding = binding;
  binding.references.push(reference);
  const owner = binding.scope.fn.effective;
  const user = reference.fn.effective;
  if (reference.assigns && owner !== user) binding.assignedElsewhere = true;
  if (binding.scope.kind !== "program" && owner !== user) binding.captured = true;
  // Special bindings of classes and object literals are set from outside the functions that use them.
  if (binding.kind === "special" && (binding.name === "%class" || binding.name === "%home")) binding.captured = true;
  if (!binding.hasDeadZone || reference.node === binding.node) return;
  if (mayPrecede(reference, binding)) {
    reference.mayBeUninitialized = true;
    binding.needsMarker = true;
  }
}

/** Whether the reference can be evaluated before the declaration of its binding was. */
function mayPrecede(reference: Reference, binding: Binding): boolean {
  if (binding.scope.kind === "switch") return true;
  const position = reference.node.start ?? 0;
  if (binding.scope.fn.effective === reference.fn.effective) return position < binding.declaredAt;
  let outermost: FunctionUnit = reference.fn;
  for (let f: FunctionUnit | undefined = reference.fn; f && f !== binding.scope.fn; f = f.parentFunction) outermost = f;
  // `const f = () => f()`: nobody has the function before the variable does.
  if (binding.initializer === outermost.node) return false;
  if (binding.scope.kind === "class") {
    // Methods run after the class was made; static initialisers too (the inner name is set before them).
    return !(
      outermost.kind === "method" ||
      outermost.kind === "constructor" ||
      outermost.kind === "field" ||
      outermost.kind === "static"
    );
  }
  return t.isFunctionDeclaration(outermost.node) || (outermost.node.start ?? 0) < binding.declaredAt;
}
