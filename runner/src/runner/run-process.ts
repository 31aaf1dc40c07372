// A runner from its settings to its end: topics, the process's signals, the error it ended with.

import { join } from "node:path";
import { drivenClock } from "../clock.js";
import type { RoleName } from "../names.js";
import { PATIENCE_MS } from "../task/standstill.js";
import type { ThreadSettings } from "../threads/thread-workload.js";
import {
  type BundleTopics,
  createMissing,
  inspectTopics,
  mustBeRight,
  type NeededTopic,
  neededTopics,
} from "../topics/topics.js";
import { type Connected, worded } from "../with-kafka.js";
import { type Logger, logLevel, makeLogger } from "./logging.js";
import { Runner } from "./runner.js";
import { groupMustBeAlone } from "./second-group.js";

/** What the process is to do. */
export interface Parts {
  readonly threads?: ThreadSettings;
  readonly scheduler: boolean;
  /** Those of the bundle. */
  readonly topics: BundleTopics;
}

/** Until it is told to stop, or cannot go on. */
export async function runProcess(connected: Connected, { threads, scheduler, topics }: Parts): Promise<void> {
  const { log, names, settings, cluster } = connected;
  const logger = makeLogger(logLevel(settings, "info"));
  const port = settings.get("admin.port");
  const options = {
    log,
    cluster,
    names,
    logger,
    threads,
    scheduler: scheduler ? { maxRecords: Math.max(1, settings.number("max.batch", 500)) } : undefined,
    clock: drivenClock(settings),
    stateDirectory: settings.text("state.dir", join(".kwf", `${names.prefix}${names.group}`)),
    sessionTimeoutMs: settings.number("session.timeout", 6_000),
    acceptLoss: settings.flag("accept.loss"),
    restorePatienceMs: settings.number("restore.patience", PATIENCE_MS),
    admin: {
      host: settings.text("admin.host", "127.0.0.1"),
      port: port === undefined ? undefined : settings.number("admin.port", 0),
      token: settings.get("admin.token"),
      advertise: settings.get("advertise"),
    },
  };
  const roles: RoleName[] = [];
  if (threads !== undefined) roles.push("run");
  if (scheduler) roles.push("scheduler");
  if (!settings.flag("second.group")) for (const role of roles) await groupMustBeAlone(log, names, role);
  await prepareTopics(connected, neededTopics(names, topics, roles), logger);
  const runner = new Runner(options);
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, "stopping: the batch at hand is finished");
    void runner.stop();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  logger.info({ bundle: threads?.bundle.hash, cluster, prefix: names.prefix }, "starting");
  try {
    await runner.start();
    const error = await runner.ended;
    if (error !== undefined) throw worded(error);
    logger.info("stopped");
  } catch (error) {
    await runner.stop();
    throw error;
  } finally {
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  }
}

async function prepareTopics(
  { log, names, settings }: Connected,
  needed: readonly NeededTopic[],
  logger: Logger,
): Promise<void> {
  let findings = await inspectTopics(log, needed);
  if (settings.flag("create.topics")) {
    const replicas = settings.get("replicas");
    const created = await createMissing(log, findings, names, {
      partitions: Math.max(1, settings.number("partitions", 8)),
      ...(replicas === undefined ? {} : { replicas: settings.number("replicas", 1) }),
    });
    if (created.length > 0) {
      logger.info({ topics: created }, "created topics");
      findings = await inspectTopics(log, needed);
    }
  }
  for (const message of mustBeRight(findings)) logger.warn(`threads that write there will wait: ${message}`);
}
