// `kwf bundles`: what lies on `workflow-bundles`, what each is called, and who still needs it.

import { BundleFormatError, loadBundle } from "@kwf/engine";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { Bundles, type PublishedBundle } from "../threads/bundles.js";

export interface ListedBundle extends PublishedBundle {
  /** As it was built: its package's; null: what is there is not whole, or is something else than its hash says. */
  readonly name: string | null;
  /** How many threads that have not ended were made by it. */
  readonly live: number;
  /** How many runners that are up start new threads on it. */
  readonly runners: number;
}

/** The oldest first. `live` counts threads by hash. */
export async function listBundles(log: Log, names: Names, live: ReadonlyMap<string, number>): Promise<ListedBundle[]> {
  const bundles = new Bundles(log, names.bundles);
  const runners = await runnersBy(log, names);
  const listed: ListedBundle[] = [];
  for (const one of await bundles.list()) {
    const name = nameOf(await bundles.source(one.hash));
    listed.push({ ...one, name, live: live.get(one.hash) ?? 0, runners: runners.get(one.hash) ?? 0 });
  }
  return listed;
}

/** False: it is not there. Whether somebody needs it is the caller's question. */
export function removeBundle(log: Log, names: Names, hash: string): Promise<boolean> {
  return new Bundles(log, names.bundles).remove(hash);
}

async function runnersBy(log: Log, names: Names): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { metadata } of (await log.describeGroup(names.consumerGroup())).members) {
    const hash = bundleIn(metadata);
    if (hash !== undefined) found.set(hash, (found.get(hash) ?? 0) + 1);
  }
  return found;
}

/** What a runner says of itself when it joins the group. */
function bundleIn(metadata = ""): string | undefined {
  try {
    return (JSON.parse(metadata) as { bundle?: string } | null)?.bundle;
  } catch {
    return undefined;
  }
}

/** No code of the bundle runs. */
function nameOf(source: string | undefined): string | null {
  if (source === undefined) return null;
  try {
    return loadBundle(source).metadata.name;
  } catch (error) {
    if (error instanceof BundleFormatError) return null;
    throw error;
  }
}
