// Puts V8's error messages into the words of the program. V8 names what it could not call or iterate by the text of the
// compiled code: a slot of a frame (`$.f`), of a scope object (`_s5.f`), a factory. People read these messages.
// Neighbours: the compiler calls `err` at the head of every catch clause; reaction.ts where a promise is rejected.
//
// I1. Only a TypeError of V8's own is touched, only its message and the head of its stack, and nothing of the program runs.
import { bare, call, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } from "./pristine.js";
import { isProxy } from "./proxy.js";

const typeErrorPrototype: object = TypeError.prototype;
const { exec, test, [Symbol.replace]: replacePattern } = RegExp.prototype;
const { startsWith, slice } = String.prototype;
/** Newer V8 gives every error an accessor for its stack. */
const getStack = getOwnPropertyDescriptor(new Error(), "stack")?.get;

/** A pattern that asks nothing of RegExp.prototype, which a program may patch. */
function fixed(pattern: RegExp): RegExp {
  defineProperty(pattern, "exec", { value: exec });
  defineProperty(pattern, "flags", { value: pattern.flags });
  return pattern;
}

/** What V8 says with the text of an expression in it. */
const QUOTES_CODE = fixed(
  / is not (?:a function|a constructor|iterable|async iterable)|^Cannot destructure |^Spread syntax requires /,
);

/** `_s5.` `$.` `$._s5.`: the holder of a variable. */
const HOLDER = String.raw`(?<![\w$.])(?:(?:\$+\.)?(?:[$_]{1,3}s\d+|\$k\d+_s\d+)|\$+)\.`;

const WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  // (0 , _s5.f)
  [fixed(new RegExp(String.raw`\(0 , ${HOLDER}([\w$]+)\)`, "g")), "$1"],
  // $._0: a value without a name; _F12(...): a function or class literal; _k.tdz(...): something checked
  [fixed(new RegExp(String.raw`${HOLDER}_\d+(?![\w$])`, "g")), "(intermediate value)"],
  [fixed(/(?<![\w$.])[$_]{1,3}(?:F\d+|k\.\w+)\(\.\.\.\)/g), "(intermediate value)"],
  [fixed(new RegExp(HOLDER, "g")), ""],
];

/** Kit: an error that was caught, told in the words of the program; gives it back. */
export function err<E>(error: E): E {
  if (typeof error !== "object" || error === null || isProxy(error)) return error;
  if (getPrototypeOf(error) !== typeErrorPrototype) return error;
  const { value: text } = getOwnPropertyDescriptor(error, "message") ?? {};
  if (typeof text !== "string" || !call(test, QUOTES_CODE, text)) return error;
  const told = inWords(text);
  if (told !== text) tell(error, text, told);
  return error;
}

function inWords(text: string): string {
  let told = text;
  for (let i = 0; i < WORDS.length; i++) {
    const entry = WORDS[i] as (typeof WORDS)[number];
    told = call(replacePattern as (text: string, by: string) => string, entry[0], told, entry[1]);
  }
  return told;
}

function tell(error: object, text: string, told: string): void {
  const message = getOwnPropertyDescriptor(error, "message") as PropertyDescriptor;
  const { get, value } = getOwnPropertyDescriptor(error, "stack") ?? {};
  try {
    const head = `TypeError: ${text}`;
    const stack: unknown = get !== undefined && get === getStack ? call(get, error) : value;
    if (typeof stack === "string" && call(startsWith, stack, head)) {
      const rest = call(slice, stack, head.length);
      const ordinary = { writable: true, enumerable: false, configurable: true };
      defineProperty(error, "stack", bare({ ...ordinary, value: `TypeError: ${told}${rest}` }));
    }
    defineProperty(error, "message", bare({ ...message, value: told }));
  } catch {
    // A getter or a patch of the program's own stands there.
  }
}
