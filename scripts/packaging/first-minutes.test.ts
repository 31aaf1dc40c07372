// What a user has of a release: the packages as npm would publish them, installed outside of this repository; then docs/getting-started.md,
// command by command. Only `npm install` asks the network, and only for what its cache has not.

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Guide } from "./guide.js";
import { Foreground, shell } from "./outside.js";
import { manifestOf, published, root } from "./packages.js";

interface Packed {
  name: string;
  filename: string;
  files: { path: string }[];
}

const home = mkdtempSync(join(tmpdir(), "kwf-first-minutes-"));
const project = join(home, "hello");
const guide = new Guide("docs/getting-started.md");
/** Not followed here to the letter. */
const ELSEWHERE = [
  "npx kwf run dist/bundle.js --create-topics", // what runner/integration is about
  "npm ci && npm run pack", // what has happened before the first test
  "npm install --ignore-scripts <repository>/dist/packages/*.tgz",
];

let packed: Packed[];
let dev: Foreground | undefined;
let address = "";

const inProject = (command: string): string =>
  shell(project, guide.command(command).replace("localhost:8484", address));

/** The command's output, when it has become what is expected: a record is written before its step is run. */
const becomes = (command: string) => expect.poll(() => inProject(command), { timeout: 60_000, interval: 200 });

async function startDev(): Promise<void> {
  dev = new Foreground(project, guide.command("npm run dev"));
  address = (await dev.says(/HTTP at http:\/\/([\w.:]+)/))[1]!;
}

beforeAll(() => {
  packed = JSON.parse(shell(root, `node scripts/pack.mjs ${home} --json`));
  const { typescript, vitest } = manifestOf(".").devDependencies!;
  const wanted = [...packed.map(({ filename }) => `./${filename}`), `typescript@${typescript}`, `vitest@${vitest}`];
  shell(home, `npm install --prefer-offline --ignore-scripts ${wanted.join(" ")}`);
}, 600_000);

afterAll(async () => {
  await dev?.kill();
  rmSync(home, { recursive: true, force: true });
}, 120_000);

describe("the packages", () => {
  test("have what is published, and nothing that is only for building and testing", () => {
    expect(packed.map(({ name }) => name).sort()).toEqual(published.map(({ manifest }) => manifest.name).sort());
    for (const { name, files } of packed) {
      const paths = files.map(({ path }) => path).filter((path) => !path.startsWith("template/"));
      expect(paths, name).toEqual(expect.arrayContaining(["LICENSE", "README.md"]));
      expect(paths.filter((path) => /\.test\.|tsbuildinfo|fixtures/.test(path))).toEqual([]);
      if (!paths.some((path) => path.startsWith("src/")))
        expect(paths.filter((path) => /\.map$/.test(path))).toEqual([]);
    }
  });

  test("have everything that they export, as code and as types", () => {
    const entries = published.flatMap(({ manifest: { name, exports = {} } }) =>
      Object.entries(exports)
        .filter(([, target]) => typeof target === "object" && "default" in target)
        .map(([path]) => join(name, path)),
    );
    expect(entries).toEqual(expect.arrayContaining(["@kwf/workflow", "@kwf/patterns", "@kwf/testing", "kwf/testing"]));
    const folder = join(home, "entries");
    mkdirSync(folder);
    const lines = entries.map((entry, n) => `import * as e${n} from "${entry}";`);
    const check = `for (const entry of [${entries.map((_, n) => `e${n}`)}]) if (Object.keys(entry).length === 0) throw 1;`;
    writeFileSync(join(folder, "entries.mts"), [...lines, check, ""].join("\n"));
    const compilerOptions = { module: "nodenext", target: "es2023", strict: true, skipLibCheck: true, types: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    shell(folder, "npx tsc && node entries.mjs");
  });

  test("say their version", () => {
    expect(shell(home, "npx kwf --version")).toBe(`${manifestOf(".").version}\n`);
  });
});

describe("getting started", () => {
  test("a project is made, has all it needs, and passes its own test", () => {
    shell(home, guide.command("npx --ignore-scripts kwf init hello"));
    guide.command("cd hello");
    // What `npm install` would bring if this release were published: the tree is here already, and npm says whether it is the right one.
    guide.command("npm install");
    renameSync(join(home, "node_modules"), join(project, "node_modules"));
    shell(project, "npm ls --all");
    expect(inProject("npm test")).toMatch(/Tests.*3 passed/);
  }, 120_000);

  test("the page shows the code that is there", () => {
    const source = readFileSync(join(project, "src/index.ts"), "utf8");
    expect(guide.blocks("ts")).toHaveLength(1);
    expect(source).toContain(guide.blocks("ts")[0]);
  });

  test("it runs, a thread says where it stands, and an answer ends it", async () => {
    await startDev();
    inProject(`npx kwf start ada '{"email":"ada@example.org"}'`);
    await becomes("npx kwf show ada").toContain(guide.blocks("")[0]);
    await becomes("curl localhost:8484/topics/signup-mails").toContain("ada@example.org");
    inProject(`npx kwf resume ada click '{"name":"Ada"}'`);
    await becomes("curl localhost:8484/topics/workflow-result").toContain("confirmed");
  }, 180_000);

  test("killed, it goes on in another process", async () => {
    inProject(`npx kwf start eve '{"email":"eve@example.org"}'`);
    await dev!.kill();
    await startDev();
    inProject(
      `curl -d '{"key":"eve","value":{"ref":"click","value":{"name":"Eve"}}}' localhost:8484/topics/workflow-resume`,
    );
    await becomes("npx kwf ls --all").toMatch(/^eve +completed/m);
  }, 180_000);

  test("time passes", () => {
    const result = inProject(`npx kwf start bob '{"email":"bob@example.org","patienceMS":2000}' --wait`);
    expect(JSON.parse(result)).toEqual({ status: "abandoned", email: "bob@example.org" });
  }, 120_000);

  test("the bundle answers records without a runner", () => {
    inProject("npm run build");
    const [start, resume] = [
      'new:{\\"email\\":\\"ada@example.org\\"}',
      '{\\"ref\\":\\"click\\",\\"value\\":{\\"name\\":\\"Ada\\"}}',
    ];
    const simulate = (value: string) =>
      inProject(`echo '{"key":"ada","value":"${value}"}' | npx kwf simulate dist/bundle.js --state .kwf/simulate`);
    expect(simulate(start!)).toContain("signup-mails");
    expect(simulate(resume!)).toContain("workflow-result");
  }, 120_000);

  test("workflows in the packages' own pages are right, and so are those for the runtime of kafka-workflow", () => {
    const migrating = "docs/migrating.md";
    const samples = [...published.map(({ folder }) => join(folder, "README.md")), migrating].flatMap((page) =>
      new Guide(page).blocks("ts").filter((block) => block.includes("export default")),
    );
    expect(samples).toHaveLength(4);
    const [declarations] = new Guide(migrating).blocks("ts").filter((block) => block.startsWith("declare module"));
    writeFileSync(join(project, "src/kafka-workflow.d.ts"), declarations!);
    const files = samples.map((sample, n) => {
      writeFileSync(join(project, `src/sample-${n}.ts`), sample);
      return `src/sample-${n}.ts`;
    });
    shell(project, ["npx tsc", ...files.map((file) => `npx kwf build --check ${file}`)].join(" && "));
  }, 120_000);

  test("the page has no command that was not followed", () => {
    for (const command of ELSEWHERE) guide.command(command);
    expect(guide.notFollowed()).toEqual([]);
  });
});
