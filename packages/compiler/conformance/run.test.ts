// The runner itself, on a suite in miniature (fixtures/): what it counts, in all runs. Conformance is measured by hand, with
// a checkout of test262.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listTests } from "./suite.mjs";

const here = import.meta.dirname;
const sample = join(here, "fixtures");
const out = mkdtempSync(join(tmpdir(), "kwf-conformance-test-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

interface Summary {
  about: { node: string };
  runs: Record<string, { directories: Record<string, { all: { statuses: object }; excluded: object }>; total: object }>;
}

const run = (...args: string[]) => spawnSync(process.execPath, [join(here, "run.mjs"), ...args], { encoding: "utf8" });
const onSample = ["--test262", sample, "--dirs", join(sample, "directories.txt"), "--out", out, "--jobs", "1"];

describe("npm run conformance", () => {
  it("counts what passes, fails and is left out, next to plain Node, in all runs", { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = run(...onSample, "--why", "5");
    expect(stderr).toContain("restored, asyncified: ");
    expect(status).toBe(0);
    const { about, runs }: Summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8"));
    expect(about.node).toBe(process.version);
    expect(Object.keys(runs)).toEqual(["compiled", "compiled-async", "restored", "restored-async"]);
    for (const [run, { directories, total }] of Object.entries(runs)) {
      const restoring = run.startsWith("restored");
      expect(directories.behaviour).toMatchObject({ node: 3, pass: 2, fail: 1, excluded: {} });
      expect(directories.behaviour?.all.statuses).toEqual({ fail: 1 });
      // What the host loads while a program runs is no part of what is saved.
      const excluded = { "realm identity": 1, ...(restoring ? { "host hooks": 1 } : {}) };
      expect(directories.others).toMatchObject({ pass: restoring ? 3 : 4, fail: 0, negative: 1 });
      expect(directories.others?.excluded).toEqual(excluded);
      expect(total).toMatchObject({ node: restoring ? 6 : 7, pass: restoring ? 5 : 6, fail: 1, negative: 1 });
    }
    expect(stdout).toMatch(/behaviour\/text-of-a-function\.js/);
    expect(readFileSync(join(out, "summary.md"), "utf8")).toContain("| all of them |");

    const again = run(...onSample);
    expect(again.stderr, "nothing is run twice").toBe("");
    expect(again.status).toBe(0);
  });

  it.each([
    [[], /--test262 is missing/],
    [["--test262", join(here, "nowhere")], /--test262: there is no folder .*nowhere/],
    [["--test262", here], /is no checkout of tc39\/test262: it has no harness\/assert\.js/],
    [[...onSample, "compiled", "backwards"], /there is no run backwards; there are compiled, compiled-async, restored/],
    [[...onSample, "--every", "0"], /--every: 0 is no whole number/],
    [[...onSample, "--every", "3", "--from", "4"], /--from: 4 is beyond 3/],
    [[...onSample, "--mode", "lax"], /--mode: lax is none of sloppy, strict, both/],
    [[...onSample, "--grep", "("], /--grep: .*Unterminated group/],
    [[...onSample, "--grep", "nothing-is-called-so"], /no test matches/],
    [["--test262", sample], /has no test\/built-ins\/Promise: is it a checkout of another time\?/],
    [[...onSample, "--sharp"], /Unknown option '--sharp'/],
  ])("refuses %j", (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("--help says more");
    expect(status).toBe(2);
  });

  it("makes each folder of `dir/*` a directory of the report", () => {
    const groups = listTests(sample, ["others/*", "behaviour"]);
    expect([...groups.keys()]).toEqual(["others/deeper", "others", "behaviour"]);
    expect(groups.get("others/deeper")).toEqual(["test/others/deeper/again.js"]);
  });

  it("explains itself", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    for (const option of [
      "--test262",
      "--dirs",
      "--grep",
      "--every",
      "--from",
      "--mode",
      "--jobs",
      "--timeout",
      "--out",
      "--why",
    ])
      expect(stdout).toContain(option);
  });
});
