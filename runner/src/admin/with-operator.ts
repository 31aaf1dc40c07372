// Which log a command means, and the operator for it: brokers that are given, the directory of a `kwf dev`, the `kwf dev` that runs here, or
// else Kafka on this machine.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode } from "../exit-code.js";
import { Names } from "../names.js";
import { type Flags, Settings } from "../settings/settings.js";
import { codedError, UsageError } from "../usage-error.js";
import { withKafka, worded } from "../with-kafka.js";
import { AdminClient, AdminRefused, AdminUnreachable } from "./admin-client.js";
import { AnnouncedThreads } from "./announced-threads.js";
import { HttpOperator } from "./http-operator.js";
import { LogOperator } from "./log-operator.js";
import type { Operator } from "./operator.js";
import { type RunningDev, runningDev } from "./running-dev.js";

export const DEV_DIRECTORY = join(".kwf", "dev");

/** Runs what needs an operator, then lets go of it. What can go wrong ends as one message with its code. */
export async function withOperator<T>(flags: Flags, work: (operator: Operator) => Promise<T>): Promise<T> {
  const settings = settingsOf(flags);
  const dev = settings.get("dev");
  if (dev !== undefined) return inDirectory(dev === "true" ? DEV_DIRECTORY : dev, settings, work);
  const running = settings.get("brokers") === undefined ? runningDev(DEV_DIRECTORY) : undefined;
  if (running !== undefined) return overHttp(running, work);
  try {
    return await onKafka(flags, work);
  } catch (error) {
    const meantDev = settings.get("brokers") === undefined && existsSync(join(DEV_DIRECTORY, "log"));
    if (!(error instanceof UsageError) || error.code !== "no-broker" || !meantDev) throw error;
    const hint = `No kwf dev runs here: --dev takes the log that the last one left in ${DEV_DIRECTORY}`;
    throw new UsageError(`${error.message}\n${hint}`, error.exitCode, error.code);
  }
}

function onKafka<T>(flags: Flags, work: (operator: Operator) => Promise<T>): Promise<T> {
  return withKafka(flags, ({ log, names, settings }) => {
    const token = settings.get("admin.token");
    const warn = (message: string) => console.error(`kwf: ${message}`);
    return work(new LogOperator({ log, names, sources: [new AnnouncedThreads({ log, names, token, warn })] }));
  });
}

async function overHttp<T>({ url, token }: RunningDev, work: (operator: Operator) => Promise<T>): Promise<T> {
  try {
    return await work(new HttpOperator(new AdminClient({ url, token })));
  } catch (error) {
    if (error instanceof AdminRefused) throw codedError(error);
    if (error instanceof AdminUnreachable) throw new UsageError(error.message, ExitCode.failed);
    throw error;
  }
}

async function inDirectory<T>(
  directory: string,
  settings: Settings,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const running = runningDev(directory);
  if (running !== undefined) return overHttp(running, work);
  const path = join(directory, "log");
  if (!existsSync(path)) {
    throw new UsageError(`there is no ${path}: \`kwf dev src/index.ts\` makes one, --state-dir says where`);
  }
  try {
    // Loaded where it is needed: most commands ask somebody.
    const { openEmbeddedLog } = await import("../log/embedded/open-log.js");
    const log = await openEmbeddedLog(path);
    try {
      return await work(new LogOperator({ log, names: namesOf(settings) }));
    } finally {
      await log.close();
    }
  } catch (error) {
    throw worded(error);
  }
}

function settingsOf(flags: Flags): Settings {
  if (flags.dev !== undefined && flags.brokers !== undefined) {
    throw new UsageError("--dev and --brokers name two logs: give one of them");
  }
  try {
    return new Settings(flags);
  } catch (error) {
    throw worded(error);
  }
}

const namesOf = (settings: Settings): Names => new Names(settings.text("prefix", ""), settings.text("group", "kwf"));
