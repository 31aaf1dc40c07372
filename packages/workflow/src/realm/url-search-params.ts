import { enumerable, stateKey } from "./state-key.js";
import { TextDecoder } from "./text-decoder.js";

const PAIRS = stateKey("URLSearchParams.pairs");
const OWNER = stateKey("URLSearchParams.url");
const ITERATOR = stateKey("URLSearchParams.iterator");

type Pair = [name: string, value: string];

/** A URL whose query follows the parameters: `url-search-params` changes it, `url` owns it. */
export interface QueryOwner {
  setQuery(query: string): void;
}
type Init = string | Iterable<Iterable<string>> | Record<string, string>;

/** The list behind `?a=1&b=2`; that of a URL writes every change back to it. */
export class URLSearchParams {
  [key: symbol]: unknown;

  constructor(init: Init = "") {
    this[PAIRS] = pairsOf(init);
    this[OWNER] = undefined;
  }

  get size(): number {
    return pairs(this).length;
  }

  append(name: string, value: string): void {
    pairs(this).push([text(name), text(value)]);
    changed(this);
  }

  delete(name: string, value?: string): void {
    const key = text(name);
    const only = value === undefined ? undefined : text(value);
    change(this, (pair) => pair[0] !== key || (only !== undefined && pair[1] !== only));
  }

  get(name: string): string | null {
    const key = text(name);
    return pairs(this).find((pair) => pair[0] === key)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    const key = text(name);
    return pairs(this).flatMap((pair) => (pair[0] === key ? [pair[1]] : []));
  }

  has(name: string, value?: string): boolean {
    const key = text(name);
    const only = value === undefined ? undefined : text(value);
    return pairs(this).some((pair) => pair[0] === key && (only === undefined || pair[1] === only));
  }

  set(name: string, value: string): void {
    const key = text(name);
    const first = pairs(this).find((pair) => pair[0] === key);
    if (first === undefined) {
      this.append(key, value);
      return;
    }
    first[1] = text(value);
    change(this, (pair) => pair[0] !== key || pair === first);
  }

  sort(): void {
    pairs(this).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    changed(this);
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void {
    if (typeof callback !== "function") throw new TypeError('The "callback" argument must be of type function');
    for (let i = 0; i < pairs(this).length; i++) {
      const [name, value] = pairs(this)[i] as Pair;
      callback.call(thisArg, value, name, this);
    }
  }

  toString(): string {
    return pairs(this)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join("&");
  }

  keys(): IterableIterator<string> {
    return new PairIterator(this, "name") as unknown as IterableIterator<string>;
  }

  values(): IterableIterator<string> {
    return new PairIterator(this, "value") as unknown as IterableIterator<string>;
  }

  entries(): IterableIterator<Pair> {
    return new PairIterator(this, "both") as unknown as IterableIterator<Pair>;
  }

  declare [Symbol.iterator]: () => IterableIterator<Pair>;
}
Object.defineProperties(URLSearchParams.prototype, {
  [Symbol.iterator]: { value: URLSearchParams.prototype.entries, writable: true, configurable: true },
  [Symbol.toStringTag]: { value: "URLSearchParams", configurable: true },
});
enumerable(URLSearchParams.prototype, [
  ...["append", "delete", "get", "getAll", "has", "set", "sort", "forEach", "toString"],
  ...["keys", "values", "entries", "size"],
]);

/** The live parameters of `url`; they are made once and kept by it. */
export function paramsOfUrl(url: QueryOwner, query: string): URLSearchParams {
  const params = new URLSearchParams(query);
  params[OWNER] = url;
  return params;
}

/** `url` was assigned a new query. */
export function resetParams(params: URLSearchParams, query: string): void {
  params[PAIRS] = pairsOf(query);
}

/** A plain object, so that it can be saved half way: (parameters, position, what it gives). */
class PairIterator {
  [key: symbol]: unknown;

  constructor(params: URLSearchParams, gives: "name" | "value" | "both") {
    this[ITERATOR] = { params, gives, at: 0 };
  }

  next(): IteratorResult<string | Pair, undefined> {
    const state = this[ITERATOR] as { params: URLSearchParams; gives: "name" | "value" | "both"; at: number };
    const pair = pairs(state.params)[state.at];
    if (pair === undefined) return { value: undefined, done: true };
    state.at++;
    const value: string | Pair = state.gives === "both" ? [...pair] : pair[state.gives === "name" ? 0 : 1];
    return { value, done: false };
  }
}
Object.setPrototypeOf(PairIterator.prototype, Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
Object.defineProperty(PairIterator.prototype, Symbol.toStringTag, {
  value: "URLSearchParams Iterator",
  configurable: true,
});
export const pairIteratorPrototype: object = PairIterator.prototype;

function pairs(params: URLSearchParams): Pair[] {
  const list = params[PAIRS];
  if (!Array.isArray(list)) throw new TypeError('Value of "this" must be of type URLSearchParams');
  return list as Pair[];
}

function changed(params: URLSearchParams): void {
  (params[OWNER] as QueryOwner | undefined)?.setQuery(params.toString());
}

function change(params: URLSearchParams, keep: (pair: Pair) => boolean): void {
  params[PAIRS] = pairs(params).filter(keep);
  changed(params);
}

function pairsOf(init: Init): Pair[] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) return parse(text(init));
  if (init instanceof URLSearchParams) return pairs(init).map(([name, value]) => [name, value]);
  if (Symbol.iterator in init && init[Symbol.iterator] != null) {
    return Array.from(init as Iterable<Iterable<string>>, (item) => {
      const pair = typeof item === "object" && item !== null && Symbol.iterator in item ? [...item] : [];
      if (pair.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
      return [text(pair[0]), text(pair[1])];
    });
  }
  const record = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    if (typeof key === "string" && Object.prototype.propertyIsEnumerable.call(init, key)) {
      record.set(text(key), text((init as Record<string, string>)[key]));
    }
  }
  return [...record];
}

/** A USVString: lone surrogates become U+FFFD. */
const text = (value: unknown): string => `${value as string}`.toWellFormed();

// application/x-www-form-urlencoded, URL Standard section 5

function parse(query: string): Pair[] {
  return query
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [decode(part), ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
}

function encode(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, "+")
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(part: string): string {
  const spaced = part.replace(/\+/g, " ");
  return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    utf8.decode(Uint8Array.from(run.slice(1).split("%"), (hex) => Number.parseInt(hex, 16))),
  );
}
