import { realmHost } from "./host.js";
import { enumerable, stateKey } from "./state-key.js";
import { paramsOfUrl, type QueryOwner, resetParams, type URLSearchParams } from "./url-search-params.js";

const HREF = stateKey("URL.href");
const PARAMS = stateKey("URL.searchParams");

/** What the host's parser answers, as JSON. */
export interface UrlParts {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}
type Settable = Exclude<keyof UrlParts, "origin" | "href">;

// A URL is its href: that alone is saved. The parts are asked for again after a restore.
const partsCache = new WeakMap<URL, UrlParts>();

/** WHATWG URL; the host parses. */
export class URL {
  [key: symbol]: unknown;

  constructor(input: string | URL, base?: string | URL) {
    const parts = parse(`${input}`, base === undefined ? undefined : `${base}`);
    if (parts === undefined) {
      const error = new TypeError("Invalid URL");
      throw Object.assign(error, { code: "ERR_INVALID_URL", input: `${input}` });
    }
    this[HREF] = parts.href;
    this[PARAMS] = undefined;
    partsCache.set(this, parts);
  }

  static canParse(input: string | URL, base?: string | URL): boolean {
    return parse(`${input}`, base === undefined ? undefined : `${base}`) !== undefined;
  }

  static parse(input: string | URL, base?: string | URL): URL | null {
    return URL.canParse(input, base) ? new URL(input, base) : null;
  }

  get href(): string {
    return partsOf(this).href;
  }
  set href(value: string) {
    const parts = parse(`${value}`);
    if (parts === undefined) {
      throw Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: `${value}` });
    }
    become(this, parts);
    syncParams(this);
  }

  get origin(): string {
    return partsOf(this).origin;
  }
  get protocol(): string {
    return partsOf(this).protocol;
  }
  set protocol(value: string) {
    assign(this, "protocol", value);
  }
  get username(): string {
    return partsOf(this).username;
  }
  set username(value: string) {
    assign(this, "username", value);
  }
  get password(): string {
    return partsOf(this).password;
  }
  set password(value: string) {
    assign(this, "password", value);
  }
  get host(): string {
    return partsOf(this).host;
  }
  set host(value: string) {
    assign(this, "host", value);
  }
  get hostname(): string {
    return partsOf(this).hostname;
  }
  set hostname(value: string) {
    assign(this, "hostname", value);
  }
  get port(): string {
    return partsOf(this).port;
  }
  set port(value: string) {
    assign(this, "port", value);
  }
  get pathname(): string {
    return partsOf(this).pathname;
  }
  set pathname(value: string) {
    assign(this, "pathname", value);
  }
  get search(): string {
    return partsOf(this).search;
  }
  set search(value: string) {
    assign(this, "search", value);
    syncParams(this);
  }
  get hash(): string {
    return partsOf(this).hash;
  }
  set hash(value: string) {
    assign(this, "hash", value);
  }

  get searchParams(): URLSearchParams {
    const parts = partsOf(this);
    this[PARAMS] ??= paramsOfUrl(new UrlQuery(this), parts.search);
    return this[PARAMS] as URLSearchParams;
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }
}
enumerable(URL.prototype, [
  ...["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"],
  ...["searchParams", "toString", "toJSON"],
]);
enumerable(URL, ["canParse", "parse"]);
Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: "URL", configurable: true });

/** What the parameters know of their URL: only how to give it another query. */
class UrlQuery implements QueryOwner {
  private readonly url: URL;

  constructor(url: URL) {
    this.url = url;
  }

  setQuery(query: string): void {
    assign(this.url, "search", query);
  }
}
export const urlQueryPrototype: object = UrlQuery.prototype;

function parse(href: string, base?: string, property?: Settable, value?: string): UrlParts | undefined {
  const json = realmHost().urlParse(href, base, property, value);
  return json === undefined ? undefined : (JSON.parse(json) as UrlParts);
}

function partsOf(url: URL): UrlParts {
  const href = url[HREF];
  if (typeof href !== "string") throw new TypeError('Value of "this" must be of type URL');
  const cached = partsCache.get(url);
  // The href of a restored or undone object may be another than the one that was parsed.
  if (cached?.href === href) return cached;
  const parts = parse(href) as UrlParts;
  partsCache.set(url, parts);
  return parts;
}

function become(url: URL, parts: UrlParts): void {
  url[HREF] = parts.href;
  partsCache.set(url, parts);
}

function assign(url: URL, property: Settable, value: string): void {
  const parts = parse(partsOf(url).href, undefined, property, `${value}`);
  if (parts !== undefined) become(url, parts);
}

function syncParams(url: URL): void {
  const params = url[PARAMS] as URLSearchParams | undefined;
  if (params !== undefined) resetParams(params, partsOf(url).search);
}
