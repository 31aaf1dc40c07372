// What a request brings: JSON, or nothing.

import { badRequest, type RouteRequest } from "./route.js";
import { mismatch, type Schema } from "./schema.js";
import { SCHEMAS } from "./schemas.js";

/** The text as it came: printing a number anew may change it. Undefined: there is none. Throws RequestProblem. */
export function jsonIn({ body }: Pick<RouteRequest, "body">): string | undefined {
  if (body.trim() === "") return undefined;
  parsed(body);
  return body;
}

/** Throws RequestProblem for what the schema does not allow. */
export function valueIn<T>({ body }: Pick<RouteRequest, "body">, schema: Schema): T {
  const value = parsed(body);
  const wrong = mismatch(schema, value, SCHEMAS);
  if (wrong !== undefined) throw badRequest(wrong);
  return value as T;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`the body is not JSON: ${(error as Error).message}`);
  }
}
