// `kwf run`: from a file and settings to a runner, and to its end.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Bundle, EngineError, loadBundle } from "@kwf/engine";
import { readConfig } from "./config-file.js";
import { makeLogger } from "./logging.js";
import { Problem } from "./problem.js";
import { Runner } from "./runner.js";
import { groupMustBeAlone } from "./second-group.js";
import type { Flags } from "./settings/settings.js";
import { PATIENCE_MS } from "./task/restore.js";
import { createMissing, inspectTopics, mustBeRight, neededTopics } from "./topics.js";
import { fileProblem } from "./usage-error.js";
import { type Connected, withKafka, worded } from "./with-kafka.js";

export async function runBundle(file: string, flags: Flags): Promise<void> {
  const bundle = readBundle(file);
  await withKafka(flags, async (connected) => {
    const { log, names, settings, cluster } = connected;
    const logger = makeLogger(settings.text("log.level", "info"));
    const config = settings.get("config");
    const port = settings.get("admin.port");
    const options = {
      log,
      cluster,
      names,
      logger,
      bundle: { hash: bundle.hash, source: bundle.source },
      stateDirectory: settings.text("state.dir", join(".kwf", `${names.prefix}${names.group}`)),
      config: config === undefined ? undefined : readConfig(config),
      stepOptions: {
        timeoutMs: settings.number("step.timeout", 10_000),
        onDuplicateStart: settings.choice("on.duplicate.start", ["reject", "restart"]),
        idempotencyWindowMs: settings.number("idempotency.window", 0),
      },
      stepMemoryMb: settings.number("step.memory", 1024),
      stepThreads: Math.max(1, settings.number("step.threads", Math.min(4, availableParallelism() - 1))),
      maxHeld: settings.number("max.held", 1_000),
      maxRecords: Math.max(1, settings.number("max.batch", 500)),
      sessionTimeoutMs: settings.number("session.timeout", 6_000),
      acceptLoss: settings.flag("accept.loss"),
      restorePatienceMs: settings.number("restore.patience", PATIENCE_MS),
      admin: {
        host: settings.text("admin.host", "127.0.0.1"),
        port: port === undefined ? undefined : settings.number("admin.port", 0),
        advertise: settings.get("advertise"),
      },
    };
    if (!settings.flag("second.group")) await groupMustBeAlone(log, names);
    await prepareTopics(connected, bundle, (created) => logger.info({ topics: created }, "created topics"));
    const runner = new Runner(options);
    const stop = (signal: NodeJS.Signals) => {
      logger.info({ signal }, "stopping: the batch at hand is finished");
      void runner.stop();
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    logger.info({ bundle: bundle.hash, cluster, prefix: names.prefix }, "starting");
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
  });
}

async function prepareTopics(
  { log, names, settings }: Connected,
  bundle: Bundle,
  tell: (created: readonly string[]) => void,
): Promise<void> {
  const needed = neededTopics(names, bundle.manifest.outputTopics ?? []);
  let findings = await inspectTopics(log, needed, names);
  if (settings.flag("create.topics")) {
    const replicas = settings.get("replicas");
    const created = await createMissing(log, findings, names, {
      partitions: Math.max(1, settings.number("partitions", 8)),
      ...(replicas === undefined ? {} : { replicas: settings.number("replicas", 1) }),
    });
    if (created.length > 0) {
      tell(created);
      findings = await inspectTopics(log, needed, names);
    }
  }
  mustBeRight(findings);
}

/** Its module code runs once: one that cannot be loaded would pause every thread. */
export function readBundle(file: string): Bundle {
  let source: Buffer;
  try {
    source = readFileSync(file);
  } catch (error) {
    throw fileProblem("read", file, error);
  }
  try {
    const bundle = loadBundle(source, { log: () => {} });
    void bundle.manifest;
    bundle.dropRealm();
    return bundle;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw worded(new Problem("bundle-unreadable", `${file}: ${error.message} (${error.code})`));
  }
}
