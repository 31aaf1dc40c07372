// `kwf bundles ls|rm`.

import type { ListedBundle } from "../admin/bundle-list.js";
import { summariesOf } from "../admin/listed-thread.js";
import type { Operator } from "../admin/operator.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { formatMoment } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, printTable } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

export async function showBundles(json: boolean, flags: Flags): Promise<void> {
  await withOperator(flags, async (operator) => {
    const bundles = await withProgress("reading bundles", () => operator.bundles());
    if (json) for (const one of bundles) console.log(JSON.stringify(one));
    else if (bundles.length > 0)
      printTable(["BUNDLE", "NAME", "SIZE", "PUBLISHED", "THREADS", "RUNNERS"], bundles.map(row), [
        "SIZE",
        "THREADS",
        "RUNNERS",
      ]);
    if (!json) console.error(count(bundles.length, "bundle"));
  });
}

const row = ({ hash, name, bytes, publishedAt, live, runners }: ListedBundle): string[] => [
  hash,
  name ?? "(damaged)",
  `${Math.ceil(bytes / 1024)} KB`,
  formatMoment(publishedAt),
  String(live),
  String(runners),
];

export async function removeBundles(
  hashes: readonly string[],
  force: boolean,
  json: boolean,
  flags: Flags,
): Promise<void> {
  await withOperator(flags, async (operator) => {
    const bundles = await withProgress("reading bundles", () => operator.bundles());
    const wanted = new Set(hashes.map((hash) => theOne(bundles, hash)));
    if (!force) for (const one of wanted) await mustBeUnused(operator, one);
    for (const { hash } of wanted) {
      await operator.removeBundle(hash);
      console.log(json ? JSON.stringify({ hash, removed: true }) : `${hash}: removed`);
    }
  });
}

/** By the beginning of its hash. Throws UsageError. */
function theOne(bundles: readonly ListedBundle[], beginning: string): ListedBundle {
  const found = beginning === "" ? [] : bundles.filter(({ hash }) => hash.startsWith(beginning));
  if (found.length === 1) return found[0]!;
  throw new UsageError(
    found.length === 0
      ? `there is no bundle ${JSON.stringify(beginning)}: kwf bundles ls lists them`
      : `${count(found.length, "bundle")} begin with ${beginning}: ${found.map(({ hash }) => hash).join(", ")}`,
    ExitCode.failed,
  );
}

async function mustBeUnused(operator: Operator, { hash, live, runners }: ListedBundle): Promise<void> {
  if (live > 0) {
    const examples: string[] = [];
    const first = { order: "active", most: 3 } as const;
    for await (const some of operator.list({ bundle: hash, first }))
      examples.push(...summariesOf(some).map(({ thread }) => thread));
    throw new UsageError(
      `${count(live, "thread")} still ${live === 1 ? "needs" : "need"} bundle ${hash} (${examples.join(", ")}${live > examples.length ? ", …" : ""}): without it they cannot go on. --force removes it all the same; nothing is removed`,
      ExitCode.failed,
    );
  }
  if (runners > 0) {
    throw new UsageError(
      `${count(runners, "runner")} ${runners === 1 ? "starts" : "start"} new threads on bundle ${hash}. --force removes it all the same; nothing is removed`,
      ExitCode.failed,
    );
  }
}
