import { type Logger, pino } from "pino";
import { LogError } from "../log/errors.js";
import { Problem } from "../problem.js";
import { badSetting, type Settings } from "../settings/settings.js";
import { StoreError } from "../store/store-error.js";

export type { Logger } from "pino";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** `log.level`. Throws Problem `bad-setting`. */
export function logLevel(settings: Settings, otherwise: string): string {
  const level = settings.text("log.level", otherwise);
  if (!LEVELS.includes(level)) throw badSetting("log.level", level, LEVELS.join(", "));
  return level;
}

/** One JSON object a line on stderr; stdout stays free. */
export function makeLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, code, cause, stack } = error as Error & { code?: unknown };
  return {
    name,
    ...(code === undefined ? {} : { code }),
    message,
    // Where it was thrown helps only for what nobody expected.
    ...(error instanceof LogError || error instanceof StoreError || error instanceof Problem ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}
