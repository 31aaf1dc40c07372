// The routes as an OpenAPI 3.1 document: printed from what they say of themselves, so that nothing can be forgotten.

import type { Content, Parameter, Route } from "./route.js";
import { ref } from "./schema.js";
import { SCHEMAS } from "./schemas.js";

/** What can be answered wherever it is asked. */
export const EVERYWHERE: Readonly<Record<number, string>> = {
  400: "the request is not understood",
  401: "the token is missing or wrong",
  403: "it may not be asked from there, or not without a token",
  413: "the body is too large, or the record for its topic",
  500: "a fault of kwf",
  503: "the log or the disk has a trouble, or topics are missing",
};

export function document(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: "3.1.0",
    info: { title: "kwf", version: "1", description: "The admin HTTP of a runner. See docs/admin-http.md." },
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "needed where the runner has one (--admin-token)" },
      },
    },
    security: [{ token: [] }, {}],
    paths,
  };
}

function operation({ method, path, summary, open, query = {}, body, answers }: Route): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const everywhere = open === true ? [500] : Object.keys(EVERYWHERE).map(Number);
  const problems = everywhere.map((status) => [
    status,
    content({ description: EVERYWHERE[status]!, schema: ref("Problem") }),
  ]);
  const said = Object.entries(answers).map(([status, answer]) => [status, content(answer)]);
  return {
    operationId: [method.toLowerCase(), ...path.split("/").filter((part) => part !== "")]
      .join("-")
      .replaceAll(/[{}]/g, ""),
    summary,
    ...(open === true ? { security: [] } : {}),
    parameters: [
      ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...Object.entries(query).map(([name, parameter]) => inQuery(name, parameter)),
    ],
    ...(body === undefined ? {} : { requestBody: content(body) }),
    responses: Object.fromEntries([...problems, ...said]),
  };
}

const inQuery = (name: string, { description, schema, required }: Parameter): object => ({
  name,
  in: "query",
  description,
  schema,
  ...(required === undefined ? {} : { required }),
});

const content = ({ description, type = "application/json", schema = {} }: Content): object => ({
  description,
  content: { [type]: { schema } },
});
