// `kwf run`: from a file and settings to what a runner has to know of threads.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Bundle, EngineError, loadBundle } from "@kwf/engine";
import { Problem } from "../problem.js";
import type { Flags, Settings } from "../settings/settings.js";
import { parseDuration } from "../terminal/duration.js";
import type { BundleSource, ThreadSettings } from "../threads/thread-workload.js";
import { fileProblem } from "../usage-error.js";
import { withKafka, worded } from "../with-kafka.js";
import { readConfig } from "./config-file.js";
import { runProcess } from "./run-process.js";

export async function runBundle(file: string, flags: Flags): Promise<void> {
  const { hash, source, manifest } = readBundle(file);
  const bundle = { hash, source, inputTopics: manifest.inputTopics ?? [] };
  await withKafka(flags, (connected) =>
    runProcess(connected, {
      threads: threadSettings(bundle, connected.settings),
      scheduler: connected.settings.flag("scheduler", true),
      topics: manifest,
    }),
  );
}

export function threadSettings(bundle: BundleSource, settings: Settings): ThreadSettings {
  const config = settings.get("config");
  return {
    bundle,
    config: config === undefined ? undefined : readConfig(config),
    stepOptions: {
      timeoutMs: settings.number("step.timeout", 10_000),
      onDuplicateStart: settings.choice("on.duplicate.start", ["reject", "restart"]),
      idempotencyWindowMs: settings.number("idempotency.window", 0),
    },
    moves: settings.choice("move", ["auto", "never"]) === "auto",
    stepMemoryMb: settings.number("step.memory", 1024),
    stepThreads: Math.max(1, settings.number("step.threads", Math.min(4, availableParallelism() - 1))),
    maxHeld: settings.number("max.held", 1_000),
    maxRecords: Math.max(1, settings.number("max.batch", 500)),
    keepFinishedMs: parseDuration(settings.text("keep.finished", "7d"), "--keep-finished"),
  };
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
