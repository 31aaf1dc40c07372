// `kwf bundles`: what lies on `workflow-bundles`, what each is called, and who still needs it.

import { BundleFormatError, loadBundle } from "@kwf/engine";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { Bundles, type PublishedBundle } from "../threads/bundles.js";

export interface ListedBundle extends PublishedBundle {
  /** Of its entry file; null: what is there is not whole, or is something else than its hash says. */
  readonly name: string | null;
  /** How many threads that have not ended were made by it. */
  readonly live: number;
}

/** The oldest first. `live` counts threads by hash. */
export async function listBundles(log: Log, names: Names, live: ReadonlyMap<string, number>): Promise<ListedBundle[]> {
  const bundles = new Bundles(log, names.bundles);
  const listed: ListedBundle[] = [];
  for (const one of await bundles.list()) {
    const name = nameOf(await bundles.source(one.hash));
    listed.push({ ...one, name, live: live.get(one.hash) ?? 0 });
  }
  return listed;
}

/** False: it is not there. Whether somebody needs it is the caller's question. */
export function removeBundle(log: Log, names: Names, hash: string): Promise<boolean> {
  return new Bundles(log, names.bundles).remove(hash);
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
