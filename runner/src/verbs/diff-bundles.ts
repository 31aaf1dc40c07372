// `kwf diff`: what a new bundle would mean for threads, before it is deployed.

import { type Bundle, BundleDiff, EngineError, type SuspendedPoint } from "@kwf/engine";
import { summariesOf } from "../admin/listed-thread.js";
import type { Operator } from "../admin/operator.js";
import { withOperator } from "../admin/with-operator.js";
import type { Flags } from "../settings/settings.js";
import { withProgress } from "../terminal/progress.js";
import { count, printTable } from "../terminal/table.js";
import { codedError } from "../usage-error.js";
import { bundleArgument, bundleFile, nameMapFile } from "./bundle-argument.js";
import { threadStates } from "./thread-states.js";

export interface DiffOptions {
  readonly map: string | undefined;
  readonly json: boolean;
  /** Count live threads as well. */
  readonly live: boolean;
}

interface Counts {
  /** By the index of the point: threads that are suspended there. */
  readonly points: ReadonlyMap<number, number>;
  readonly threads: { moves: number; names: number; refused: number };
  /** Why threads are refused, and how many. */
  readonly reasons: ReadonlyMap<string, number>;
  /** On other bundles than the old one. */
  readonly others: number;
}

export async function diffBundles(from: string, to: string, options: DiffOptions, flags: Flags): Promise<void> {
  if (!options.live) {
    const [old, fresh] = [bundleFile(from), bundleFile(to)];
    return say(diffOf(old, fresh, options), old, fresh, undefined, options);
  }
  await withOperator(flags, async (operator) => {
    const [old, fresh] = [await bundleArgument(from, operator), await bundleArgument(to, operator)];
    const diff = diffOf(old, fresh, options);
    say(diff, old, fresh, await counted(operator, diff, old), options);
  });
}

function diffOf(from: Bundle, to: Bundle, { map }: DiffOptions): BundleDiff {
  try {
    return new BundleDiff(from, to, nameMapFile(map));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw codedError(error);
  }
}

async function counted(operator: Operator, diff: BundleDiff, old: Bundle): Promise<Counts> {
  const points = new Map<number, number>();
  const threads = { moves: 0, names: 0, refused: 0 };
  const reasons = new Map<string, number>();
  const mine: string[] = [];
  let others = 0;
  await withProgress("looking at threads", async ({ say: progress }) => {
    for await (const some of operator.list()) {
      for (const { thread, bundle } of summariesOf(some)) {
        if (bundle === old.hash) mine.push(thread);
        else others += 1;
      }
    }
    let seen = 0;
    for await (const { state, bundle } of threadStates(operator, mine)) {
      if (bundle !== old.hash) continue;
      const found = diff.thread(state);
      for (const point of found.points) points.set(point, (points.get(point) ?? 0) + 1);
      threads[found.outcome] += 1;
      if (found.outcome === "refused") reasons.set(found.why!, (reasons.get(found.why!) ?? 0) + 1);
      progress(`looking at threads: ${++seen} of ${mine.length}`);
    }
  });
  return { points, threads, reasons, others };
}

function say(diff: BundleDiff, from: Bundle, to: Bundle, counts: Counts | undefined, { json }: DiffOptions): void {
  const rows = diff.points.map((point, index) => ({
    ...point,
    ...(counts && { threads: counts.points.get(index) ?? 0 }),
  }));
  if (json) {
    const live = counts && {
      threads: counts.threads,
      others: counts.others,
      reasons: [...counts.reasons].map(([why, threads]) => ({ why, threads })),
    };
    console.log(JSON.stringify({ from: from.hash, to: to.hash, points: rows, ...live }));
    return;
  }
  const said = new Set<string>();
  const table = rows.filter(({ outcome, threads = 0 }) => outcome !== "moves" || threads > 0);
  if (table.length > 0) {
    const heads = ["", "FUNCTION", "LINE", "AWAIT", ...(counts ? ["THREADS"] : [])];
    printTable(
      heads,
      table.map((row) => [
        WORDS[row.outcome],
        row.function,
        lineOf(row),
        cut(row.text),
        ...(counts ? [String(row.threads)] : []),
      ]),
      ["LINE", "THREADS"],
    );
    console.log();
  }
  for (const { outcome, why } of table) {
    if (why === undefined || said.has(`${outcome}${why}`)) continue;
    said.add(`${outcome}${why}`);
    console.log(`${WORDS[outcome]}: ${why}`);
  }
  const totals = { moves: 0, names: 0, refused: 0 };
  for (const { outcome } of diff.points) totals[outcome] += 1;
  console.log(`${count(diff.points.length, "await")}: ${summary(totals)}`);
  if (counts === undefined) return;
  const { moves, names, refused } = counts.threads;
  console.log(`${count(moves + names + refused, "thread")} on the old bundle: ${summary(counts.threads)}`);
  for (const [why, threads] of counts.reasons) console.log(`  ${count(threads, "thread")}: ${why}`);
  if (counts.others > 0) console.log(`${count(counts.others, "thread")} on other bundles`);
}

const WORDS: Readonly<Record<SuspendedPoint["outcome"], string>> = {
  moves: "moves",
  names: "kwf move",
  refused: "stays",
};

const summary = ({ moves, names, refused }: Counts["threads"]): string =>
  `${moves} by ${moves === 1 ? "itself" : "themselves"}, ${names} with kwf move, ${refused} ${refused === 1 ? "stays" : "stay"}`;

const lineOf = ({ line, newLine }: SuspendedPoint): string =>
  newLine === undefined || newLine === line ? String(line ?? "") : `${line ?? ""} -> ${newLine}`;

const cut = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
