// The topics that threads of the published bundles can write to, as these say of themselves; nothing of them runs.

import { BundleFormatError, loadBundle } from "@kwf/engine";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { Bundles } from "../threads/bundles.js";

/** Without prefix. Undefined: one of them does not say it, or one of `needed` is not there: it may be any topic. */
export async function declaredTopics(
  log: Log,
  names: Names,
  needed: ReadonlySet<string>,
): Promise<Set<string> | undefined> {
  const bundles = new Bundles(log, names.bundles);
  const published = await bundles.list();
  const there = new Set(published.map(({ hash }) => hash));
  if (published.length === 0 || [...needed].some((hash) => !there.has(hash))) return undefined;
  const found = new Set<string>();
  for (const { hash } of published) {
    const topics = topicsOf(await bundles.source(hash));
    if (topics === undefined) return undefined;
    for (const topic of topics) found.add(topic);
  }
  return found;
}

function topicsOf(source: string | undefined): readonly string[] | undefined {
  try {
    return source === undefined ? undefined : loadBundle(source).metadata.outputTopics;
  } catch (error) {
    if (error instanceof BundleFormatError) return undefined;
    throw error;
  }
}
