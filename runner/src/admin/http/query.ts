// What stands behind the `?` of a request, in the same words as the commands' options.

import type { ThreadStatus } from "@kwf/engine";
import { type Clock, SYSTEM_CLOCK } from "../../clock.js";
import { formatMoment, parseMoment } from "../../terminal/duration.js";
import { UsageError } from "../../usage-error.js";
import { THREAD_ORDERS, THREAD_STATES, type ThreadFilter, type ThreadOrder } from "../thread-filter.js";
import { badRequest, type Parameter, type Route } from "./route.js";
import type { Schema } from "./schema.js";

const TEXT: Schema = { type: "string" };
const FLAG: Schema = { type: "boolean", default: false };
export const MOST_ON_A_PAGE = 10_000;
export const ON_A_PAGE = 1_000;

export const text = (description: string): Parameter => ({ description, schema: TEXT });
export const flag = (description: string): Parameter => ({ description, schema: FLAG });

export const limit: Parameter = {
  description: "how many at most",
  schema: { type: "integer", minimum: 1, maximum: MOST_ON_A_PAGE, default: ON_A_PAGE },
};

export const FILTER: Readonly<Record<string, Parameter>> = {
  state: text(`only those, more than one with commas: ${THREAD_STATES.join(", ")}, all (default: running,paused)`),
  waiting: text("only those that wait for this ref: its id, or the name in it"),
  idle: text("only those without a step for so long: 30m, 1h, 7d; or since a time"),
  since: text("only those that came into their state since then: a time, or how long ago"),
  bundle: text("only those on the bundle of this hash"),
  startsWith: text("only those whose id begins so"),
};

/** Where a list need not be whole. */
export const ORDER: Readonly<Record<string, Parameter>> = {
  order: {
    description:
      "only the first `limit` threads: with the last step first, or idle for the longest; there is no next page",
    schema: { type: "string", enum: THREAD_ORDERS },
  },
};

/** Times are those of threads. */
export function filterIn(query: URLSearchParams, clock: Clock): ThreadFilter {
  const state = query.get("state");
  const idle = query.get("idle");
  const since = query.get("since");
  const waiting = query.get("waiting");
  const bundle = query.get("bundle");
  const prefix = query.get("startsWith");
  const order = query.get("order");
  return {
    ...(state === null ? {} : { state: statesIn(state) }),
    ...(waiting === null ? {} : { waiting }),
    ...(idle === null ? {} : { idleSince: read(() => parseMoment(idle, "idle", clock.now())) }),
    ...(since === null ? {} : { since: read(() => parseMoment(since, "since", clock.now())) }),
    ...(bundle === null ? {} : { bundle }),
    ...(prefix === null ? {} : { prefix }),
    ...(order === null ? {} : { first: { order: orderIn(order), most: limitIn(query) } }),
  };
}

/** The other way round. */
export function queryOf({
  state,
  waiting,
  idleSince,
  since,
  bundle,
  prefix,
  first,
}: ThreadFilter): Record<string, string> {
  return {
    ...(state === undefined ? {} : { state: state.join(",") }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(idleSince === undefined ? {} : { idle: formatMoment(idleSince) }),
    ...(since === undefined ? {} : { since: formatMoment(since) }),
    ...(bundle === undefined ? {} : { bundle }),
    ...(prefix === undefined ? {} : { startsWith: prefix }),
    ...(first === undefined ? {} : { order: first.order, limit: String(first.most) }),
  };
}

function statesIn(words: string): readonly ThreadStatus[] {
  if (words === "all") return THREAD_STATES;
  return words.split(",").map((word) => {
    const found = THREAD_STATES.find((state) => state === word);
    if (found === undefined) throw badRequest(`there is no state "${word}": ${THREAD_STATES.join(", ")}, all`);
    return found;
  });
}

function orderIn(word: string): ThreadOrder {
  const found = THREAD_ORDERS.find((order) => order === word);
  if (found === undefined) throw badRequest(`order is "${word}", expected ${THREAD_ORDERS.join(" or ")}`);
  return found;
}

/** Epoch milliseconds; undefined: it is not there. */
export function momentIn(query: URLSearchParams, name: string, clock: Clock = SYSTEM_CLOCK): number | undefined {
  const found = query.get(name);
  return found === null ? undefined : read(() => parseMoment(found, name, clock.now()));
}

export function limitIn(query: URLSearchParams): number {
  const found = query.get("limit");
  if (found === null) return ON_A_PAGE;
  const value = Number(found);
  if (!Number.isInteger(value) || value < 1 || value > MOST_ON_A_PAGE)
    throw badRequest(`limit is "${found}", expected a whole number from 1 to ${MOST_ON_A_PAGE}`);
  return value;
}

export function flagIn(query: URLSearchParams, name: string): boolean {
  const found = query.get(name);
  if (found !== null && found !== "true" && found !== "false")
    throw badRequest(`${name} is "${found}", expected true or false`);
  return found === "true";
}

/** Throws RequestProblem for what the route does not know, and for what is there twice. */
export function checkQuery({ query: known = {}, path }: Pick<Route, "query" | "path">, query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known);
      throw badRequest(`${path} has no parameter "${name}"${names.length === 0 ? "" : `; it has ${names.join(", ")}`}`);
    }
    if (query.getAll(name).length > 1) throw badRequest(`${name} is there more than once`);
  }
  for (const [name, { required }] of Object.entries(known))
    if (required === true && !query.has(name)) throw badRequest(`the parameter "${name}" is missing`);
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) throw badRequest(error.message);
    throw error;
  }
}
