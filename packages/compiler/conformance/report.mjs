// Sums results up: by directory, next to plain Node on the same files; as data and as a table to read.

/**
 * For each measured run and directory: what plain Node passes (`node`), of these passed and failed, files left out by
 * reason, and the same for tests of behaviour alone.
 */
export function summarize(measured) {
  const runs = {};
  for (const { run, results, baseline } of measured) {
    const directories = {};
    const total = nothing();
    for (const [path, test] of Object.entries(results.tests)) {
      directories[test.directory] ??= nothing();
      for (const sum of [directories[test.directory], total])
        count(sum, test, results.status(path), baseline.status(path));
    }
    runs[run] = { directories, total };
  }
  return runs;
}

function nothing() {
  const part = () => ({ files: 0, pass: 0, fail: 0, statuses: {} });
  return { ...{ node: 0, pass: 0, fail: 0 }, excluded: {}, negative: 0, residual: 0, all: part(), behaviour: part() };
}

function count(sum, test, status, native) {
  if (test.negative) sum.negative++;
  else if (test.excluded) sum.excluded[test.excluded] = (sum.excluded[test.excluded] ?? 0) + 1;
  if (test.negative || test.excluded || status === undefined || native !== "pass") return;
  sum.node++;
  sum[status === "pass" ? "pass" : "fail"]++;
  if (status === "pass" && Object.values(test.scenarios).some((result) => result.residual > 0)) sum.residual++;
  for (const part of test.reflection ? [sum.all] : [sum.all, sum.behaviour]) {
    part.files++;
    part[status === "pass" ? "pass" : "fail"]++;
    if (status !== "pass") part.statuses[status] = (part.statuses[status] ?? 0) + 1;
  }
}

const percent = (pass, files) => (files === 0 ? "-" : `${((100 * pass) / files).toFixed(1)}%`);
const sumOf = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

/** One line a directory. */
export function directoryTable(runs, titles) {
  const names = Object.keys(runs);
  const directories = [...new Set(names.flatMap((name) => Object.keys(runs[name].directories)))];
  const columns = names.flatMap((name) => [`${titles[name]}: Node`, "pass", "fail", "excluded", "%"]);
  const line = (label, pick) => [
    label,
    ...names.flatMap((name) => {
      const sum = pick(runs[name]);
      if (!sum) return ["-", "-", "-", "-", "-"];
      return [sum.node, sum.pass, sum.fail, sumOf(sum.excluded), percent(sum.pass, sum.node)];
    }),
  ];
  return table([
    ["directory", ...columns],
    ...directories.map((directory) => line(directory, (run) => run.directories[directory])),
    line("all of them", (run) => run.total),
  ]);
}

export function totalTable(runs, titles) {
  const rows = Object.entries(runs).map(([name, { total }]) => [
    titles[name],
    `${total.behaviour.pass} of ${total.behaviour.files}, ${percent(total.behaviour.pass, total.behaviour.files)}`,
    `${total.all.pass} of ${total.all.files}, ${percent(total.all.pass, total.all.files)}`,
    sumOf(total.excluded),
    total.all.statuses["compiler-crash"] ?? 0,
    total.residual,
  ]);
  return table([["run", "behaviour", "all", "excluded", "compiler crashes", "not lowered"], ...rows]);
}

/** Why files were left out. */
export function exclusionTable(runs, reasons) {
  const counts = {};
  for (const { total } of Object.values(runs)) {
    for (const [reason, n] of Object.entries(total.excluded)) counts[reason] = Math.max(counts[reason] ?? 0, n);
  }
  const rows = Object.entries(counts).map(([reason, n]) => [reason, n, reasons[reason]]);
  return rows.length === 0 ? "" : table([["left out", "files", "because it is about"], ...rows]);
}

/** The most frequent messages of failed files, with an example each. */
export function failureList({ results, baseline }, most) {
  const messages = new Map();
  for (const [path, test] of Object.entries(results.tests)) {
    if (test.excluded || test.negative || baseline.status(path) !== "pass") continue;
    const status = results.status(path);
    if (status === undefined || status === "pass") continue;
    const text = (results.failure(path).error ?? "").split("\n")[0].replace(/«.*?»/g, "«..»").slice(0, 140);
    const message = `${test.reflection ? "[reflection] " : ""}${status} ${text}`;
    messages.set(message, [...(messages.get(message) ?? []), path]);
  }
  return [...messages]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, most)
    .map(([message, paths]) => `${String(paths.length).padStart(5)}  ${message}   ${paths[0]}`)
    .join("\n");
}

/** A table that Markdown understands as well. */
function table([head, ...rows]) {
  const widths = head.map((_, c) => Math.max(...[head, ...rows].map((row) => String(row[c]).length)));
  const line = (row) =>
    `| ${row.map((cell, c) => (c ? pad(cell, widths[c]) : String(cell).padEnd(widths[c]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, c) => (c ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

const pad = (cell, width) =>
  typeof cell === "number" || /%$|^-$/.test(cell) ? String(cell).padStart(width) : String(cell).padEnd(width);
