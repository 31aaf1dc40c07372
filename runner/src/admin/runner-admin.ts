// The admin HTTP of a runner, put together: its own partitions from its stores, those of others by asking them, the rest from the log.

import type { Registry } from "prom-client";
import { type Clock, SYSTEM_CLOCK } from "../clock.js";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import type { Health } from "../runner/health.js";
import type { Logger } from "../runner/logging.js";
import type { StateStore } from "../store/store.js";
import { Bundles } from "../threads/bundles.js";
import { AnnouncedThreads } from "./announced-threads.js";
import { isLoopback } from "./http/access.js";
import { type AdminOptions, type AdminServer, startAdminServer } from "./http/admin-server.js";
import { partitionRoutes } from "./http/partition-routes.js";
import { processRoutes } from "./http/process-routes.js";
import type { Route } from "./http/route.js";
import { threadRoutes } from "./http/thread-routes.js";
import { topicRoutes } from "./http/topic-routes.js";
import { LoadedBundles } from "./loaded-bundles.js";
import { LocalThreads } from "./local-threads.js";
import { LogOperator } from "./log-operator.js";

export interface RunnerAdminOptions extends Omit<AdminOptions, "routes"> {
  readonly log: Log;
  readonly names: Names;
  readonly logger: Logger;
  readonly health: () => Health;
  readonly metrics: Registry;
  /** Of threads: for what is asked by time. */
  readonly clock?: Clock | undefined;
  /** Beside those that every runner has. */
  readonly routes?: readonly Route[];
  /** Of a partition whose threads run here; undefined: they do not. */
  readonly storeOf: (partition: number) => StateStore | undefined;
}

export function startRunnerAdmin(options: RunnerAdminOptions): Promise<AdminServer> {
  const { host, token, logger } = options;
  if (token === undefined && !isLoopback(host))
    logger.warn({ host }, "without --admin-token only /healthz, /readyz and /metrics are answered here");
  return startAdminServer({ ...options, routes: runnerRoutes(options) });
}

function runnerRoutes(options: RunnerAdminOptions): Route[] {
  const { log, names, token, logger, storeOf, health, metrics, clock = SYSTEM_CLOCK } = options;
  const bundles = new LoadedBundles(new Bundles(log, names.bundles));
  const local = new LocalThreads({ storeOf, bundle: (hash) => bundles.get(hash) });
  const others = new AnnouncedThreads({ log, names, token, warn: (message) => logger.warn(message) });
  const operator = new LogOperator({ log, names, sources: [local, others] });
  const routes: Route[] = [
    ...processRoutes({ health, metrics, routes: () => routes }),
    ...threadRoutes(operator, clock),
    ...topicRoutes(operator, clock),
    ...partitionRoutes(local, clock),
    ...(options.routes ?? []),
  ];
  return routes;
}
