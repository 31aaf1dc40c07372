// What a run keeps: one JSON file a run, written as it goes on, so that a run that was stopped is continued.
//
// I1. A file passes when all its scenarios do; its status is the worst of theirs.
// I2. Kept results are used again only for the same suite, Node, and run, and the same compiler and runtime.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const WORST_FIRST = [
  ...["worker-crash", "compiler-crash", "timeout", "no-done", "fail", "compile-error", "refused", "pass"],
];

export class Results {
  /** path -> { directory, excluded, negative, reflection, scenarios: { mode: result } } */
  tests = {};

  constructor(file, about) {
    this.file = file;
    this.about = about;
  }

  /** Those in `folder`, if they are of the same suite and Node. */
  static open(folder, run, about) {
    const results = new Results(join(folder, `${run}.json`), { run, ...about });
    if (!existsSync(results.file)) return results;
    const { about: kept, tests } = JSON.parse(readFileSync(results.file, "utf8"));
    if (Object.keys(about).every((key) => kept[key] === about[key])) results.tests = tests;
    return results;
  }

  write() {
    const text = JSON.stringify({ about: this.about, tests: this.tests }, undefined, 1);
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
  }

  tell(path, mode, result) {
    this.tests[path].scenarios[mode] = result;
  }

  /** undefined: not run, or not wholly. */
  status(path) {
    const test = this.tests[path];
    const results = Object.values(test?.scenarios ?? {});
    if (results.length === 0 || test.modes.some((mode) => !test.scenarios[mode])) return undefined;
    return WORST_FIRST.find((status) => results.some((result) => result.status === status));
  }

  /** The first result that is no pass. */
  failure(path) {
    return Object.values(this.tests[path].scenarios).find(({ status }) => status !== "pass");
  }
}
