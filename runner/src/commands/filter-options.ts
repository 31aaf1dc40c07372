// Which threads a command means, when it is not told their ids: the same options for `kwf ls` and for what is done to many threads at once.

import type { Command } from "commander";
import { THREAD_STATES, type ThreadFilter } from "../admin/thread-filter.js";
import { clockOf } from "../clock.js";
import type { Flags } from "../settings/settings.js";
import { parseDuration, parseMoment } from "../terminal/duration.js";
import { UsageError } from "../usage-error.js";

export interface FilterFlags {
  state?: string;
  waiting?: string;
  idle?: string;
  since?: string;
  bundle?: string;
  startsWith?: string;
  limit?: string;
}

export function withFilterOptions(command: Command): Command {
  return command
    .option(
      "--state <states>",
      `only those: ${THREAD_STATES.join(", ")}; more than one with commas (default: those that live)`,
    )
    .option("--waiting <ref>", "only those that wait for this ref: its id, or the name in it")
    .option("--idle <duration>", "only those without a step for so long: 30m, 1h, 7d")
    .option("--since <time>", "only those that came into their state since then: a time, or how long ago: 1h")
    .option("--bundle <hash>", "only those on this bundle")
    .option("--starts-with <text>", "only those whose id begins so")
    .option("--limit <n>", "not more than so many");
}

/** The filter, and what is left of the flags. Throws UsageError. */
export function filterOf<T extends FilterFlags>(flags: T) {
  const { state, waiting, idle, since, bundle, startsWith, limit, ...rest } = flags;
  const now = () => clockOf(rest as Flags).now();
  const filter: ThreadFilter = {
    ...(state === undefined ? {} : { state: statesOf(state) }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(idle === undefined ? {} : { idleSince: now() - parseDuration(idle, "--idle") }),
    ...(since === undefined ? {} : { since: parseMoment(since, "--since", now()) }),
    ...(bundle === undefined ? {} : { bundle }),
    ...(startsWith === undefined ? {} : { prefix: startsWith }),
  };
  return { filter, limit: limitOf(limit), rest };
}

/** Undefined: no limit. Throws UsageError. */
export function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--limit is ${JSON.stringify(text)}, expected a whole number from 1 on`);
  return Number(text);
}

function statesOf(text: string): (typeof THREAD_STATES)[number][] {
  return text.split(",").map((word) => {
    const found = THREAD_STATES.find((state) => state === word.trim());
    if (found === undefined) throw new UsageError(`there is no state "${word.trim()}": ${THREAD_STATES.join(", ")}`);
    return found;
  });
}
