// `kwf dev`: builds a workflow, runs it on a log of its own, says what happens, and builds it again when its files change. It composes: the
// runner does what it does everywhere.
//
// I1 A program that cannot be built or loaded changes nothing: what ran goes on, and the error is printed with its place.
// I2 Threads that run stay on the bundle they began with; new ones start on the last that was built.

import { join } from "node:path";
import { type BuildError, type BuildResult, formatDiagnostics } from "@kwf/compiler";
import { type Bundle, EngineError, loadBundle } from "@kwf/engine";
import { announceDev, retractDev } from "../admin/running-dev.js";
import { drivenClock } from "../clock.js";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import type { Log } from "../log/log.js";
import { Names } from "../names.js";
import { logLevel, makeLogger } from "../runner/logging.js";
import { threadSettings } from "../runner/run-bundle.js";
import { Runner } from "../runner/runner.js";
import { type Flags, Settings } from "../settings/settings.js";
import { PATIENCE_MS } from "../task/standstill.js";
import { terminalStyle } from "../terminal/style.js";
import type { BundleSource } from "../threads/thread-workload.js";
import { createMissing, inspectTopics, mustBeRight, neededTopics } from "../topics/topics.js";
import { UsageError } from "../usage-error.js";
import { withKafka, worded } from "../with-kafka.js";
import { diagnosticsHere } from "./diagnostics-here.js";
import { inputLines } from "./input-lines.js";
import { type Built, SourceWatch } from "./source-watch.js";
import { stepLines } from "./step-lines.js";
import { topicExchangeRoutes } from "./topic-exchange-routes.js";

export const DEV_DIRECTORY = join(".kwf", "dev");

interface Place {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly settings: Settings;
  readonly directory: string;
  /** Where the records are, in words. */
  readonly where: string;
}

/** Until it is told to stop. */
export async function dev(entry: string, flags: Flags): Promise<void> {
  const settings = new Settings(flags);
  const directory = settings.text("state.dir", DEV_DIRECTORY);
  if (settings.get("brokers") !== undefined) {
    const where = `Kafka at ${settings.get("brokers")}`;
    return withKafka(flags, ({ log, cluster, names }) =>
      new Session(entry, { log, cluster, names, settings, directory, where }).run(),
    );
  }
  const names = new Names(settings.text("prefix", ""), settings.text("group", "kwf"));
  try {
    const log = await openEmbeddedLog(join(directory, "log"));
    try {
      const cluster = await log.clusterId();
      await new Session(entry, { log, cluster, names, settings, directory, where: directory }).run();
    } finally {
      await log.close();
    }
  } catch (error) {
    throw worded(error);
  }
}

class Session {
  readonly #entry: string;
  readonly #place: Place;
  readonly #style = terminalStyle(process.stdout, process.env);
  readonly #watch: SourceWatch;
  #runner: Runner | undefined;
  #begin: (bundle: Bundle | undefined) => void = () => {};

  constructor(entry: string, place: Place) {
    this.#entry = entry;
    this.#place = place;
    this.#watch = new SourceWatch(entry, (built) => this.#rebuilt(built));
  }

  async run(): Promise<void> {
    const { directory, where } = this.#place;
    const stop = () => {
      this.#begin(undefined);
      void this.#runner?.stop();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    try {
      const first = await this.#watch.first();
      if (first.type === "failed" && first.error.diagnostics[0]?.code === "no-entry")
        throw new UsageError(first.error.message);
      const bundle = this.#usable(first) ?? (await this.#repaired());
      if (bundle === undefined) return;
      await this.#topics(bundle);
      const runner = this.#start(bundle);
      await runner.start();
      const url = `http://${runner.adminAddress}`;
      announceDev(directory, { url, token: this.#place.settings.get("admin.token"), pid: process.pid });
      const { bold, dim } = this.#style;
      this.#print(`${bold("kwf dev")} ${this.#entry}  ${dim(`${bundle.hash}, records in ${where}, HTTP at ${url}`)}`);
      this.#print(dim(`  curl -d '{"key":"t1","value":"new:"}' ${url}/topics/workflow-resume   or: kwf start t1`));
      const error = await runner.ended;
      if (error !== undefined) throw worded(error);
    } finally {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      this.#watch.close();
      retractDev(directory);
      await this.#runner?.stop();
    }
  }

  /** The first that can be built and loaded; undefined: it was stopped before there was one. */
  #repaired(): Promise<Bundle | undefined> {
    this.#print(this.#style.dim("waiting for a change that can be built"));
    return new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  #start(bundle: Bundle): Runner {
    const { log, cluster, names, settings, directory } = this.#place;
    const port = settings.get("admin.port");
    this.#runner = new Runner({
      log,
      cluster,
      names,
      stateDirectory: join(directory, "state"),
      clock: drivenClock(settings),
      threads: {
        ...threadSettings(sourceOf(bundle), settings),
        onStep: (record, thread, outcome) => {
          for (const line of stepLines(record, thread, outcome, this.#style)) this.#print(line);
        },
        onInput: (topic, turn) => {
          for (const line of inputLines(topic, turn, this.#style)) this.#print(line);
        },
      },
      scheduler: settings.flag("scheduler", true) ? { maxRecords: 500 } : undefined,
      restorePatienceMs: PATIENCE_MS,
      sessionTimeoutMs: settings.number("session.timeout", 6_000),
      acceptLoss: settings.flag("accept.loss"),
      admin: {
        host: settings.text("admin.host", "127.0.0.1"),
        port: port === undefined ? undefined : settings.number("admin.port", 0),
        token: settings.get("admin.token"),
        advertise: settings.get("advertise"),
        routes: topicExchangeRoutes(log, names),
      },
      logger: makeLogger(logLevel(settings, "warn")),
    });
    return this.#runner;
  }

  /** Those that the bundle and the runner need, made where they are missing. */
  async #topics(bundle: Bundle): Promise<void> {
    const { log, names, settings } = this.#place;
    const needed = neededTopics(names, bundle.manifest, ["run", "scheduler"]);
    const findings = await inspectTopics(log, needed);
    await createMissing(log, findings, names, { partitions: Math.max(1, settings.number("partitions", 1)) });
    for (const message of mustBeRight(await inspectTopics(log, needed))) this.#print(message);
  }

  /** Undefined: it is not, and that has been said. */
  #usable(built: Built): Bundle | undefined {
    const { dim, trouble } = this.#style;
    if (built.type === "failed") {
      this.#print(trouble(buildErrors(this.#entry, built.error)));
      return undefined;
    }
    const { result, ms } = built;
    if (result.warnings.length > 0)
      this.#print(formatDiagnostics(diagnosticsHere(this.#entry, result.warnings), "warning"));
    try {
      const bundle = loaded(result);
      this.#print(dim(`built ${this.#entry} in ${ms} ms`));
      return bundle;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#print(trouble(`${error.message} [${error.code}]`));
      return undefined;
    }
  }

  async #rebuilt(built: Built): Promise<void> {
    const bundle = this.#usable(built);
    if (bundle === undefined) return; // I1
    if (this.#runner === undefined) return this.#begin(bundle);
    try {
      await this.#topics(bundle);
      await this.#runner.use(sourceOf(bundle)); // I2
      this.#print(this.#style.dim(`new threads start on ${bundle.hash}`));
    } catch (error) {
      this.#print(this.#style.trouble((error as Error).message));
    }
  }

  #print(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

/** Its module code runs once, as in `kwf build`: what throws there would pause every thread. */
function loaded({ code }: BuildResult): Bundle {
  const bundle = loadBundle(code, { log: () => {} });
  void bundle.manifest;
  bundle.dropRealm();
  return bundle;
}

function sourceOf(bundle: Bundle): BundleSource {
  const { hash, source, manifest } = bundle;
  return { hash, source, inputTopics: manifest.inputTopics ?? [] };
}

const buildErrors = (entry: string, { diagnostics, warnings }: BuildError): string =>
  [
    ...(warnings.length > 0 ? [formatDiagnostics(diagnosticsHere(entry, warnings), "warning")] : []),
    formatDiagnostics(diagnosticsHere(entry, diagnostics)),
  ].join("\n\n");
