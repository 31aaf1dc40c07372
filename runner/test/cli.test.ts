import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The command as users run it: built files (npm test builds first), in processes of their own.

const KWF = fileURLToPath(new URL("../bin/kwf.js", import.meta.url));
const SOURCE = `import * as W from "@kwf/workflow";

export const manifest = { outputTopics: ["questions"], inputTopics: { names: namesOf } };

async function ask(question: string): Promise<string> {
  const answer = W.ref<string>("answer");
  W.outputJSON({ question, ref: answer.id }, "questions");
  return await answer;
}

export default async function main(names: string[]): Promise<string> {
  const said: string[] = [];
  for (const name of names) {
    const answer = await ask(name);
    console.log("got", answer);
    if (answer === "bad") throw new Error("no " + name);
    said.push(answer);
  }
  return said.join(" ");
}

function namesOf({ key, value }: W.InputRecord): W.InputRoute | null {
  const names = JSON.parse(value ?? "null") as string[] | null;
  return names === null ? null : { thread: key ?? "", start: names };
}
`;

let folder: string;
let bundle: string;

interface Line {
  topic: string;
  key: string;
  value: string | null;
  headers?: Record<string, string>;
  report?: {
    key: string;
    status: string;
    pending: string[];
    stateBytes: number;
    microseconds: Record<string, number>;
    error?: { code: string };
  };
}

function kwf(args: string[], input = ""): { status: number | null; lines: Line[]; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [KWF, ...args], {
    input,
    encoding: "utf8",
    cwd: folder,
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return { status, lines: lines.map((line) => JSON.parse(line) as Line), stdout, stderr };
}

const jsonl = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const start = (key: string, ...names: string[]): object => ({ key, value: `new:${JSON.stringify(names)}` });
const answer = (key: string, ref: string, value: string): object => ({ key, value: JSON.stringify({ ref, value }) });
const visible = (lines: Line[]): string[] =>
  lines
    .filter(({ topic }) => topic !== undefined && topic !== "workflow-status")
    .map(({ topic, key, value }) => `${topic} ${key} ${value}`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-cli-"));
  writeFileSync(join(folder, "index.ts"), SOURCE);
  bundle = join(folder, "dist/bundle.js");
  const { status, stderr } = kwf(["build", "index.ts", "-o", "dist/bundle.js"]);
  expect(stderr).toMatch(/^dist\/bundle\.js: [0-9a-f]{32}, \d+ KB\n$/);
  expect(status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORDS = jsonl(
  start("t1", "a", "b"),
  start("t2", "c"),
  answer("t1", "0:answer:1", "x"),
  answer("t2", "1:answer:1", "z"),
  answer("t1", "2:answer:1", "y"),
);
const EXPECTED = [
  'questions t1 {"question":"a","ref":"0:answer:1"}',
  'questions t2 {"question":"c","ref":"1:answer:1"}',
  'questions t1 {"question":"b","ref":"2:answer:1"}',
  'workflow-result t2 "z"',
  'workflow-result t1 "x y"',
];

describe("kwf build", () => {
  test("--check prints diagnostics and writes nothing", () => {
    writeFileSync(join(folder, "wrong.ts"), "export default async function main() {\n  await fetch('x');\n}\n");
    const { status, stderr } = kwf(["build", "wrong.ts", "--check", "-o", "wrong.js"]);
    expect(status).toBe(1);
    expect(stderr).toContain("wrong.ts:2:9: error unavailable-global: fetch does not exist in a workflow");
    expect(readdirSync(folder)).not.toContain("wrong.js");
  });

  test("--lines says everything in a line each, with paths from where the command runs", () => {
    mkdirSync(join(folder, "project", "src"), { recursive: true });
    writeFileSync(join(folder, "project", "package.json"), '{"name":"p"}');
    writeFileSync(
      join(folder, "project", "src", "many.ts"),
      'import fs from "fs";\nexport default async function main() {\n  setTimeout(() => fs, 1);\n  return new SharedArrayBuffer(1);\n}\n',
    );
    const args = ["build", "project/src/many.ts", "--check"];
    const { status, stdout, stderr } = kwf([...args, "--lines"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr.replace(/: (?:error|warning) [a-z-]+: .*/g, "")).toBe(
      "project/src/many.ts:4:14\nproject/src/many.ts:1:16\nproject/src/many.ts:3:3\n2 errors, 1 warning\n",
    );
    const { errors, warnings } = JSON.parse(kwf([...args, "--json"]).stdout);
    expect(errors).toMatchObject([
      { code: "node-builtin", file: "project/src/many.ts", line: 1, column: 16 },
      { code: "unavailable-global", file: "project/src/many.ts", line: 3, hint: expect.stringContaining("sleep") },
    ]);
    expect(warnings).toHaveLength(1);
    expect(readdirSync(join(folder, "project"))).toEqual(["package.json", "src"]);
  });

  test("a check without findings says nothing", () => {
    const { status, stdout, stderr } = kwf(["build", "index.ts", "--check"]);
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
  });

  test("module code that throws is an error at its place", () => {
    writeFileSync(
      join(folder, "throws.ts"),
      "const none: any = undefined;\nexport const x = none.y;\nexport default async function main() {}\n",
    );
    const { status, stderr } = kwf(["build", "throws.ts", "-o", "throws.js"]);
    expect(status).toBe(1);
    expect(stderr).toContain("TypeError: Cannot read properties of undefined (reading 'y')\n    at throws.ts:2:");
    expect(stderr).toContain("error KWF_BUNDLE_LOAD: ");
    expect(readdirSync(folder)).not.toContain("throws.js");
  });

  test("a missing entry is wrong usage", () => {
    const { status, stderr } = kwf(["build", "nowhere.ts"]);
    expect(status).toBe(2);
    expect(stderr).toBe("kwf: cannot read nowhere.ts: there is no such file\n");
  });
});

describe("kwf simulate", () => {
  test.each([[[]], [["--fresh"]], [["--isolate"]]])("prints what each step produced %j", (flags) => {
    const { status, lines, stderr } = kwf(["simulate", bundle, ...flags], RECORDS);
    expect(visible(lines)).toEqual(EXPECTED);
    expect(status).toBe(0);
    expect(stderr).toContain("t1 ");
    expect(stderr).toContain("got x");
  });

  test("reads records from a file", () => {
    writeFileSync(join(folder, "records.jsonl"), RECORDS);
    expect(visible(kwf(["simulate", bundle, "records.jsonl"]).lines)).toEqual(EXPECTED);
  });

  test("--state keeps threads and step ids between calls", () => {
    const state = join(folder, "kept");
    const lines = RECORDS.split("\n")
      .filter(Boolean)
      .flatMap((line) => kwf(["simulate", bundle, "--state", state], `${line}\n`).lines);
    expect(visible(lines)).toEqual(EXPECTED);
    expect(readdirSync(join(state, "threads"))).toEqual([]);
  });

  test("--report adds a line for each step", () => {
    const { lines } = kwf(["simulate", bundle, "--report"], RECORDS);
    const reports = lines.flatMap(({ report }) => report ?? []);
    expect(reports.map(({ key, status, pending }) => [key, status, pending])).toEqual([
      ["t1", "running", ["0:answer:1"]],
      ["t2", "running", ["1:answer:1"]],
      ["t1", "running", ["2:answer:1"]],
      ["t2", "completed", []],
      ["t1", "completed", []],
    ]);
    expect(reports[0]?.stateBytes).toBeGreaterThan(100);
    expect(reports[4]?.stateBytes).toBe(0);
    expect(Object.keys(reports[0]?.microseconds ?? {})).toEqual(["load", "run", "save"]);
  });

  test("answers each line before it reads the next", async () => {
    const child = spawn(process.execPath, [KWF, "simulate", bundle, "-", "--report"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const step = async (record: object): Promise<Line[]> => {
      child.stdin.write(jsonl(record));
      const lines: Line[] = [];
      for (;;) {
        const line = JSON.parse((await answers.next()).value as string) as Line;
        lines.push(line);
        if (line.report !== undefined) return lines;
      }
    };
    const first = await step(start("t", "a"));
    const ref = first.at(-1)?.report?.pending[0] ?? "";
    const second = await step(answer("t", ref, "done"));
    expect(visible(second)).toEqual(['workflow-result t "done"']);
    child.stdin.end();
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  });

  test("a line that is no record stops it, naming the line", () => {
    const { status, stderr, lines } = kwf(["simulate", bundle], `${JSON.stringify(start("t", "a"))}\n\n{"key":1}\n`);
    expect(status).toBe(1);
    expect(stderr).toBe("kwf: stdin:3: key is not a string\n");
    expect(visible(lines)).toHaveLength(1);
  });

  test("a record that means nothing is dead-lettered", () => {
    const { status, lines } = kwf(["simulate", bundle], jsonl({ key: "t", value: "hello" }, { key: "t", value: null }));
    expect(status).toBe(0);
    expect(lines.map(({ topic, key, value, headers }) => [topic, key, value, headers?.["kwf-reason"]])).toEqual([
      ["workflow-dead-letter", "t", "hello", "not-understood"],
      ["workflow-dead-letter", "t", null, "no-value"],
    ]);
  });

  test("a record of an input topic becomes one on workflow-resume, to be fed back", () => {
    const names = { topic: "names", key: "t", value: '["a"]' };
    const skipped = { topic: "names", key: "t", value: null };
    const { status, stdout, lines } = kwf(
      ["simulate", bundle, "--report"],
      jsonl(names, skipped, { ...names, value: "{" }),
    );
    expect(status).toBe(0);
    expect(lines).toMatchObject([
      { topic: "workflow-resume", key: "t", value: 'init:["a"]', headers: { "kwf-source": "names/0/0" } },
      { report: { topic: "names", key: "t", fate: "started" } },
      { report: { topic: "names", key: "t", fate: "skipped" } },
      { topic: "workflow-dead-letter", key: "t", value: "{", headers: { "kwf-reason": "mapping-failed" } },
      { report: { topic: "names", key: "t", fate: "dead-lettered" } },
    ]);
    const fed = kwf(["simulate", bundle], `${stdout.split("\n")[0]}\n`);
    expect(visible(fed.lines)).toEqual(['questions t {"question":"a","ref":"0:answer:1"}']);
    const unknown = kwf(["simulate", bundle], jsonl({ topic: "nowhere", key: "t" }));
    expect(unknown.stderr).toContain(
      'stdin:1: "nowhere" is no input topic of this bundle; it reads workflow-resume, names',
    );
  });

  test("an error shows its TypeScript file and line, after a restore in another process", () => {
    const { lines } = kwf(["simulate", bundle, "--isolate"], jsonl(start("t", "a"), answer("t", "0:answer:1", "bad")));
    const failure = lines.find(({ topic }) => topic === "workflow-error");
    expect(failure?.value).toBe('"Error: no a"');
    const details = JSON.parse(failure?.headers?.["kwf-error"] ?? "{}") as {
      name: string;
      message: string;
      stack: string;
    };
    expect(details).toMatchObject({ name: "Error", message: "no a" });
    expect(details.stack).toContain("at main (index.ts:16:33)");
  });

  test("a file that is no bundle is refused", () => {
    writeFileSync(join(folder, "no-bundle.js"), "1;");
    const { status, stderr } = kwf(["simulate", "no-bundle.js"]);
    expect(status).toBe(1);
    expect(stderr).toContain("KWF_BUNDLE_FORMAT");
    expect(kwf(["simulate", "nowhere.js"]).status).toBe(2);
  });
});

describe("kwf show", () => {
  test("prints the async stack of every ref that is waited for, without the code", () => {
    const state = join(folder, "shown");
    kwf(["simulate", bundle, "--state", state], jsonl(start("trip/1", "a", "b")));
    const { status, stdout } = kwf(["show", "--state", state, "trip/1"]);
    expect(status).toBe(0);
    expect(stdout).toContain("trip/1: running since ");
    expect(stdout).toContain("waits for 0:answer:1");
    expect(stdout).toMatch(/at ask \(index\.ts:8:10\)\n.*return await answer;/);
    expect(stdout).toMatch(/at main \(index\.ts:14:20\)\n.*const answer = await ask\(name\);/);
    const json = JSON.parse(kwf(["show", "--state", state, "trip/1", "--json"]).stdout);
    expect(
      json.pending[0].stacks[0].map(({ function: name, line }: { function: string; line: number }) => [name, line]),
    ).toEqual([
      ["ask", 8],
      ["main", 14],
    ]);
    expect(readFileSync(join(state, "position"), "utf8")).toBe("1\n");
  });

  test("a thread that does not live is an error", () => {
    const { status, stderr } = kwf(["show", "--state", join(folder, "shown"), "nobody"]);
    expect(status).toBe(1);
    expect(stderr).toContain('no thread "nobody" lives in');
  });
});

test("where a kwf dev has been and no Kafka is, --dev is named", () => {
  const place = mkdtempSync(join(tmpdir(), "kwf-was-dev-"));
  try {
    mkdirSync(join(place, ".kwf/dev/log"), { recursive: true });
    // With TLS, which a Kafka that somebody has on this machine does not speak.
    const env = { ...process.env, KWF_SECURITY_PROTOCOL: "SSL" };
    expect(spawnSync(process.execPath, [KWF, "ls"], { cwd: place, encoding: "utf8", env })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^kwf: .*\[no-broker\]\nNo kwf dev runs here: --dev takes the log/),
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

describe("what is wrong is JSON with --json", () => {
  test.each([
    [["ls", "--limit", "0"], 2, { error: expect.stringContaining("--limit is") }],
    [["ls", "--bogus"], 2, { error: "unknown option '--bogus'" }],
    [["start", "a|b"], 2, { error: expect.stringContaining("a thread id") }],
    [["show"], 2, { error: "missing required argument 'thread'" }],
    [["shwo", "x"], 2, { error: expect.stringContaining("unknown command") }],
    [["show", "x", "--dev", "nowhere"], 2, { error: expect.stringContaining("there is no nowhere/log") }],
    [["ls", "--brokers", "127.0.0.1:1"], 1, { code: "no-broker", error: expect.stringContaining("127.0.0.1:1") }],
    [["ls", "--idle", "1h", "--properties", "nowhere"], 2, { code: "bad-setting", error: expect.any(String) }],
  ])("%j", (args, status, said) => {
    const found = spawnSync(process.execPath, [KWF, ...args, "--json"], { cwd: folder, encoding: "utf8" });
    expect([found.status, found.stdout]).toEqual([status, ""]);
    expect(
      found.stderr
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([said]);
  });
});
