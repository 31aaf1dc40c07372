// Routes about the process, for who keeps it running.

import type { Registry } from "prom-client";
import type { Health } from "../../runner/health.js";
import { document } from "./openapi.js";
import { type Answer, json, type Route } from "./route.js";
import { ref } from "./schema.js";

export interface ProcessParts {
  readonly health: () => Health;
  readonly metrics: Registry;
  /** All routes, these ones too. */
  readonly routes: () => readonly Route[];
}

export const processRoutes = ({ health, metrics, routes }: ProcessParts): Route[] => [
  {
    method: "GET",
    path: "/healthz",
    summary: "whether somebody should look",
    open: true,
    answers: {
      200: { description: "all is well", schema: ref("Health") },
      503: { description: "something is wrong: `problems` says what", schema: ref("Health") },
    },
    answer: () => said(health(), ({ healthy }) => healthy),
  },
  {
    method: "GET",
    path: "/readyz",
    summary: "whether it is in its groups and all its partitions run",
    open: true,
    answers: {
      200: { description: "it is", schema: ref("Health") },
      503: { description: "not yet, or not now", schema: ref("Health") },
    },
    answer: () => said(health(), ({ ready }) => ready),
  },
  {
    method: "GET",
    path: "/metrics",
    summary: "for Prometheus",
    open: true,
    answers: { 200: { description: "metrics", type: metrics.contentType } },
    answer: async () => ({ status: 200, text: await metrics.metrics(), type: metrics.contentType }),
  },
  {
    method: "GET",
    path: "/openapi.json",
    summary: "this description",
    open: true,
    answers: { 200: { description: "an OpenAPI 3.1 document", schema: { type: "object" } } },
    answer: () => json(document(routes())),
  },
];

const said = (now: Health, good: (now: Health) => boolean): Answer => json(now, good(now) ? 200 : 503);
