// What every command that reaches Kafka shares: settings, the connection, the words for what can go wrong.

import { ExitCode } from "./exit-code.js";
import { LogError, LogUnreachable, NoToken, WrongCredentials } from "./log/errors.js";
import { KafkaLog } from "./log/kafka/kafka-log.js";
import { Names } from "./names.js";
import { Problem } from "./problem.js";
import { connectionSettings } from "./settings/connection.js";
import { type Flags, Settings } from "./settings/settings.js";
import { StoreError } from "./store/store-error.js";
import { withProgress } from "./terminal/progress.js";
import { codedError } from "./usage-error.js";

export interface Connected {
  readonly settings: Settings;
  readonly names: Names;
  readonly log: KafkaLog;
  readonly cluster: string;
}

/** Runs what needs Kafka, then lets go of it. What can go wrong ends as one message with its code. */
export async function withKafka<T>(flags: Flags, work: (connected: Connected) => Promise<T>): Promise<T> {
  let log: KafkaLog | undefined;
  try {
    const settings = new Settings(flags);
    const names = new Names(settings.text("prefix", ""), settings.text("group", "kwf"));
    const connection = connectionSettings(settings);
    log = new KafkaLog(connection);
    const reached = reach(log, connection.brokers, connection.connectTimeoutMs ?? 10_000);
    const cluster = await withProgress(`connecting to ${connection.brokers.join(", ")}`, () => reached);
    return await work({ settings, names, log, cluster });
  } catch (error) {
    throw worded(error);
  } finally {
    await log?.close();
  }
}

async function reach(log: KafkaLog, brokers: readonly string[], patienceMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const last = log.troubles()[0]?.error;
      reject(last instanceof NoToken ? last : new LogUnreachable(last?.message ?? "no answer"));
    }, patienceMs);
  });
  try {
    const asked = log.clusterId();
    asked.catch(() => {});
    return await Promise.race([asked, late]);
  } catch (error) {
    if (error instanceof WrongCredentials) throw new Problem("wrong-credentials", error.message);
    if (!(error instanceof LogUnreachable) || error instanceof NoToken) throw error;
    throw new Problem(
      "no-broker",
      `no broker answers at ${brokers.join(", ")}: ${error.message}. Is Kafka running there? --brokers, KWF_BROKERS or brokers= in kwf.properties say where it is`,
    );
  } finally {
    clearTimeout(timer);
  }
}

export function worded(error: unknown): unknown {
  if (error instanceof Problem || error instanceof LogError || error instanceof StoreError) {
    const bad = error instanceof Problem && error.code === "bad-setting";
    return codedError(error, bad ? ExitCode.usage : ExitCode.failed);
  }
  return error;
}
