// Tells tests of behaviour from tests of reflection. A report gives both; nothing is left out because of this.
//
// Reflection: attributes of built-ins, names and text of functions, subclasses of Promise and built-ins that a test
// replaces: what a compiler with promises of its own need not reproduce to the letter. Read off the text, so approximate.
import { withoutComments } from "./suite.mjs";

const BUILT_IN = "(?:Promise|Array|Object|Function|String|Number|Boolean|RegExp|Symbol|\\w*Proto(?:type)?)";

const REFLECTION = [
  /nativeFunctionMatcher|assertToStringOrNativeFunction|Function\.prototype\.toString/,
  /propertyHelper|verifyProperty|verifyNot|getOwnPropertyDescriptor|getOwnPropertyNames|hasOwnProperty|Reflect\.ownKeys/,
  /[wW]ellKnownIntrinsic|\b(?:Async|Generator|AsyncGenerator)Function\b/,
  /getPrototypeOf\s*\(\s*(?:async|function|[A-Za-z]+\(\))/,
  /\bisConstructor\b/,
  /\.name\b(?!\s*=[^=])|["'](?:name|length)["']|\.length\s*,\s*\d+\s*,?\s*["'`]?[^)]*(?:formal|param|arity)/,
  /Symbol\.species/,
  /extends\s+Promise\b|Promise(?:\.prototype)?\.\w+\.call\(/,
  new RegExp(`\\b${BUILT_IN}(?:\\.prototype)?(?:\\.\\w+|\\[Symbol\\.\\w+\\])\\s*=[^=]`),
  new RegExp(`define(?:Property|Properties)\\s*\\(\\s*${BUILT_IN}\\b|delete\\s+\\w+\\.prototype`),
  /\bnew\s+Proxy\b/,
  /\$DETACHBUFFER|detachArrayBuffer|resizableArrayBuffer/,
  /\.callee?r?\b|["'](?:caller|callee)["']/,
];

export function isReflection(source, { includes, features }) {
  const text = `${includes.join(" ")}\n${withoutComments(source)}`;
  return features.includes("tail-call-optimization") || REFLECTION.some((pattern) => pattern.test(text));
}
