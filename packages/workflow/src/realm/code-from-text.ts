// Owns the constructors that make functions of text. What they make is native code: it works, but cannot be saved with a thread.
//
// I1. A library that asks whether there may be such code is told no, as by a page whose Content-Security-Policy forbids it; validators then
//     go without what they would compile for speed. Asked is with text that says nothing: `new Function("")`.
// I2. Other text makes a function: libraries find the global object that way, or are compiled while they load.
import { NotDurableError, named } from "./undurable.js";

const QUESTION = /^\s*(?:(["'])use strict\1\s*;?)?\s*(?:return(?:\s+(?:true|false|null|undefined|-?\d+))?\s*;?)?\s*$/;

/** The realm's `Function`: the built-in one but for I1. It shares the built-in's prototype, as its subclasses do. */
export function makeFunction(native: FunctionConstructor): FunctionConstructor {
  function FunctionOfText(...texts: unknown[]): unknown {
    if (texts.length === 1 && QUESTION.test(String(texts[0])))
      throw new EvalError("Code generation from strings disallowed for this context");
    return Reflect.construct(native, texts, new.target ?? native);
  }
  Object.defineProperties(FunctionOfText, {
    length: { value: 1, configurable: true },
    prototype: { value: native.prototype, writable: false },
  });
  return named("Function", FunctionOfText) as unknown as FunctionConstructor;
}

/**
 * Stands for AsyncFunction or AsyncGeneratorFunction: what they make is native, its promises are not durable and its
 * frames cannot be saved. It has their shape, since code asks `instanceof` of it.
 */
export function refuseCodeFrom(native: { readonly name: string; readonly prototype: object }): object {
  const { name, prototype } = native;
  function refuse(_text: string): never {
    throw new NotDurableError(`${name}(text)`, "write the function in the workflow's source, so that it is compiled");
  }
  Object.defineProperty(refuse, "prototype", { value: prototype, writable: false });
  return Object.setPrototypeOf(named(name, refuse), Function) as object;
}
