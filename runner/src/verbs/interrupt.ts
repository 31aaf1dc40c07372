import { ExitCode } from "../exit-code.js";
import { UsageError } from "../usage-error.js";

/** Ctrl-C ends the wait, not what is waited for; `after` is said then. A second one ends the process. */
export async function untilInterrupt<T>(after: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(new UsageError(after, ExitCode.interrupted));
  process.once("SIGINT", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop);
  }
}
