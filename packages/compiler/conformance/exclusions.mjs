// Which tests a run leaves out, and why: exclusions.json is the one list. A reason is about what a serialized program
// cannot mean.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withoutComments } from "./suite.mjs";

const FIELDS = ["reason", "source", "feature", "flag", "include", "path", "runs"];

export function readExclusions(file = join(import.meta.dirname, "exclusions.json")) {
  const { reasons, exclusions } = JSON.parse(readFileSync(file, "utf8"));
  return exclusions.map((entry) => {
    const unknown = Object.keys(entry).find((field) => !FIELDS.includes(field));
    if (unknown) throw new Error(`${file}: unknown field ${unknown}; there are ${FIELDS.join(", ")}`);
    if (!reasons[entry.reason]) throw new Error(`${file}: "${entry.reason}" is none of its reasons`);
    if (Object.keys(entry).every((field) => field === "reason" || field === "runs"))
      throw new Error(`${file}: an exclusion for "${entry.reason}" matches everything`);
    return { ...entry, source: entry.source && new RegExp(entry.source, "m") };
  });
}

/** The reason why `run` leaves this test out; every field of an exclusion must match. */
export function exclusionOf(exclusions, run, path, source, { flags, features, includes }) {
  const code = withoutComments(source);
  const found = exclusions.find(
    (e) =>
      (e.runs?.includes(run) ?? true) &&
      (!e.path || path.startsWith(e.path)) &&
      (!e.flag || flags.includes(e.flag)) &&
      (!e.feature || features.includes(e.feature)) &&
      (!e.include || includes.includes(e.include)) &&
      (!e.source || e.source.test(code)),
  );
  return found?.reason;
}
