import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bundle, EngineError, loadBundle } from "@kwf/engine";
import { Command } from "commander";
import { makeLogger } from "../logging.js";
import { Problem } from "../problem.js";
import { Runner } from "../runner.js";
import { groupMustBeAlone } from "../second-group.js";
import { createMissing, inspectTopics, mustBeRight, neededTopics } from "../topics.js";
import { fileProblem, UsageError } from "../usage-error.js";
import { type Connected, withKafka, withKafkaOptions, worded } from "./common-options.js";

export function runCommand(): Command {
  return withKafkaOptions(new Command("run"))
    .description(
      "run workflows on Kafka: restore the threads of this runner's partitions and continue them, record by record",
    )
    .argument("<bundle>", "a file that `kwf build` made; new threads start on it")
    .option("--state-dir <dir>", "where the threads' states are kept; can be lost (default: .kwf/<prefix><group>)")
    .option("--create-topics", "create the topics that are missing")
    .option("--partitions <n>", "of topics that are created (default: 8)")
    .option("--replicas <n>", "of topics that are created (default: the cluster's)")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .option("--step-timeout <ms>", "stop a step that runs longer and pause its thread; 0 for no limit (default: 10000)")
    .option("--step-memory <mb>", "memory that steps may use together (default: 1024)")
    .option("--max-held <n>", "records that a paused thread keeps; the others become dead letters (default: 1000)")
    .option("--max-batch <n>", "records in one transaction (default: 500)")
    .option("--admin-host <host>", 'where /healthz, /readyz and /metrics are served (default: "127.0.0.1")')
    .option("--admin-port <port>", "default: 8484, or a free one if that is taken")
    .option("--advertise <address>", "HOST:PORT at which other machines reach this runner's HTTP")
    .option("--session-timeout <ms>", "the group gives a runner up that it did not hear of for so long (default: 6000)")
    .option("--log-level <level>", "trace, debug, info, warn, error (default: info)")
    .option("--accept-loss", "go on although records or states are lost, instead of stopping")
    .option("--second-group", "run although another group of runners is at work on the same topics")
    .addHelpText(
      "after",
      `
Every option can also stand in the properties file (state.dir=…) or in the environment (KWF_STATE_DIR).

Example:
  kwf run dist/bundle.js --create-topics
  kwf start order-1 '{"name":"world"}'

Ends with SIGTERM or SIGINT: the batch at hand is finished and committed, the group is left.
Exit codes: 0 stopped as asked, 1 something is wrong around it (the message says what), 2 wrong usage.`,
    )
    .action((file: string, flags) => run(file, flags));
}

async function run(file: string, flags: Record<string, string | boolean | undefined>): Promise<void> {
  const bundle = readBundle(file);
  await withKafka(flags, async (connected) => {
    const { log, names, settings, cluster } = connected;
    const logger = makeLogger(settings.text("log.level", "info"));
    await prepareTopics(connected, bundle, (created) => logger.info({ topics: created }, "created topics"));
    if (!settings.flag("second.group")) await groupMustBeAlone(log, names);
    const config = settings.get("config");
    const port = settings.get("admin.port");
    const runner = new Runner({
      log,
      cluster,
      names,
      logger,
      bundle: { hash: bundle.hash, source: bundle.source },
      stateDirectory: settings.text("state.dir", join(".kwf", `${names.prefix}${names.group}`)),
      config: config === undefined ? undefined : readConfig(config),
      stepTimeoutMs: settings.number("step.timeout", 10_000),
      stepMemoryMb: settings.number("step.memory", 1024),
      maxHeld: settings.number("max.held", 1_000),
      maxRecords: Math.max(1, settings.number("max.batch", 500)),
      sessionTimeoutMs: settings.number("session.timeout", 6_000),
      acceptLoss: settings.flag("accept.loss"),
      admin: {
        host: settings.text("admin.host", "127.0.0.1"),
        port: port === undefined ? undefined : settings.number("admin.port", 0),
        advertise: settings.get("advertise"),
      },
    });
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

function readConfig(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileProblem("read", file, error);
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
