import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import vm from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "./build.js";
import { BuildError, type Diagnostic } from "./diagnostic.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kwf-build-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function project(files: Record<string, string>, folder = "app"): string {
  for (const [path, text] of Object.entries({ "package.json": '{"name":"orders"}', ...files })) {
    const file = join(root, folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return join(root, folder);
}

const MAIN = "export default async function main(): Promise<number> { return await helper(); }\n";

async function errorsOf(entry: string): Promise<readonly Diagnostic[]> {
  try {
    await build(entry);
  } catch (error) {
    if (error instanceof BuildError) return error.diagnostics;
    throw error;
  }
  return [];
}

describe("build", () => {
  test("gives the same bytes in any folder", async () => {
    const files = {
      "src/index.ts": `import { helper } from "./lib/helper.js";\n${MAIN}`,
      "src/lib/helper.ts": "export async function helper(): Promise<number> { return 1; }\n",
    };
    const here = await build(join(project(files), "src/index.ts"));
    const cwd = process.cwd();
    try {
      const elsewhere = project(files, "quite/another/place");
      process.chdir(elsewhere);
      const there = await build("src/index.ts");
      expect(there.code).toBe(here.code);
      expect(there.hash).toBe(here.hash);
    } finally {
      process.chdir(cwd);
    }
    expect(here.code).not.toContain(root);
    expect(here.hash).toMatch(/^[0-9a-f]{32}$/);
  });

  test("describes every function that can be suspended by its own name and place", async () => {
    const folder = project({
      "src/index.ts": `import { helper } from "./helper.js";
const run = async () => helper();
export async function main() {
  const x = await run();
  return x;
}
`,
      "src/helper.ts": "const main = 1;\nexport async function helper() {\n  return await main;\n}\n",
    });
    const { metadata } = await build(join(folder, "src/index.ts"));
    expect(metadata.name).toBe("orders");
    const functions = metadata.functions.map(({ name, module, line }) => [name, metadata.modules[module], line]);
    expect(functions).toContainEqual(["helper", "src/helper.ts", 2]);
    expect(functions).toContainEqual(["run", "src/index.ts", 2]);
    expect(functions).toContainEqual(["main", "src/index.ts", 3]);
    const main = metadata.functions.find(({ name }) => name === "main");
    expect(main?.awaits).toEqual([[1, 4, 13, expect.stringContaining("run()")]]);
    expect(main?.slots).toContainEqual(["x", "x"]);
  });

  test("live I/O is an error in own source and a warning in a dependency", async () => {
    const folder = project({
      "src/index.ts": 'import { later } from "dep";\nexport default async function main() { return later; }\n',
      "node_modules/dep/package.json": '{"name":"dep","main":"index.js"}',
      "node_modules/dep/index.js": 'export * from "./lib/later.js";',
      "node_modules/dep/lib/later.js": "export const later = () => setTimeout(() => {}, 1);",
    });
    const { warnings } = await build(join(folder, "src/index.ts"));
    expect(warnings).toMatchObject([{ code: "unavailable-global", file: "node_modules/dep/lib/later.js", line: 1 }]);
  });

  test("a linked workspace is own source", async () => {
    project(
      {
        "index.ts": "export const later = () => setTimeout(() => {}, 1);",
        "package.json": '{"name":"dep","main":"index.ts"}',
      },
      "shared",
    );
    const folder = project({
      "index.ts": 'import { later } from "dep";\nexport default async function main() { return later; }\n',
    });
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(root, "shared"), join(folder, "node_modules/dep"));
    expect(await errorsOf(join(folder, "index.ts"))).toMatchObject([
      { code: "unavailable-global", file: "../shared/index.ts" },
    ]);
  });

  test("the entry's own package is own source, wherever it is installed", async () => {
    const folder = project({ "node_modules/flow/package.json": '{"name":"flow"}' });
    cpSync(
      project(
        {
          "index.ts": 'import "./timer.js";\nexport default async function main() {}\n',
          "timer.ts": "export const t = 1;\nsetTimeout(() => {}, 1);\n",
        },
        "x",
      ),
      join(folder, "node_modules/flow"),
      { recursive: true },
    );
    expect(await errorsOf(join(folder, "node_modules/flow/index.ts"))).toMatchObject([
      { code: "unavailable-global", line: 2 },
    ]);
  });

  test("a dependency may import a module of Node that it does not use", async () => {
    const folder = project({
      "index.ts": 'import { join } from "dep";\nexport default async function main() { return join; }\n',
      "node_modules/dep/package.json": '{"name":"dep","main":"index.js"}',
      "node_modules/dep/index.js":
        'const fs = require("fs");\nexports.join = (a, b) => a + b;\nexports.read = (f) => fs.readFileSync(f);\n',
    });
    const { warnings } = await build(join(folder, "index.ts"));
    expect(warnings).toMatchObject([{ code: "node-builtin", file: "node_modules/dep/index.js", line: 1 }]);
  });

  test("an installed package is taken before the module of Node with its name", async () => {
    const folder = project({
      "index.ts": 'import { on } from "events";\nexport default async function main() { return on; }\n',
      "node_modules/events/package.json": '{"name":"events","main":"index.js"}',
      "node_modules/events/index.js": "export const on = 1;",
    });
    expect((await build(join(folder, "index.ts"))).warnings).toEqual([]);
  });

  test("asking for a global by typeof is no use of it", async () => {
    const folder = project({
      "index.ts": 'export default async function main() { return typeof setTimeout === "function"; }\n',
    });
    expect(await errorsOf(join(folder, "index.ts"))).toEqual([]);
  });

  test("a variable of that name is no global", async () => {
    const folder = project({
      "index.ts":
        "export default async function main(fetch: (u: string) => number) { const eval2 = 1; return fetch(String(eval2)); }\n",
    });
    expect(await errorsOf(join(folder, "index.ts"))).toEqual([]);
  });

  test("names of the bundle's own are free for the program", async () => {
    const folder = project({
      "index.ts": `import * as W from "@kwf/workflow";
const _k = 1, host = 2, runtime = 3;
export const manifest = { outputTopics: [] };
export default async function main(): Promise<number> {
  await W.ref();
  const f = (_k: number) => _k;
  return f(_k) + host + runtime;
}
`,
    });
    const { code } = await build(join(folder, "index.ts"));
    expect(code).toContain("return _k.abi({");
    expect(code).not.toMatch(/(?:const|let|var) _k\b/);
  });

  test("variables named like built-ins do not reach the runtime", async () => {
    const folder = project({
      "index.ts":
        "export var Map = 1, Promise = 2, JSON = 3;\nexport default async function main() { return Map + Promise + JSON; }\n",
    });
    const { code } = await build(join(folder, "index.ts"));
    const bundle = vm.runInNewContext(code) as (host: object) => { manifest: string };
    expect(bundle({ urlParse() {}, log() {} }).manifest).toBe("{}");
  });

  test("errors of several files come in the order of the source", async () => {
    const folder = project({
      "b.ts": 'import "./a.js";\nexport default async function main() { await fetch("x");\n fetch("y"); }\n',
      "a.ts": "\n\nsetTimeout(() => {}, 1);\n",
    });
    const found = await errorsOf(join(folder, "b.ts"));
    expect(found.map(({ file, line }) => `${file}:${line}`)).toEqual(["a.ts:3", "b.ts:2", "b.ts:3"]);
  });

  test("the serializer is an empty module for the workflow, and itself for a dependency", async () => {
    const folder = project({
      "node_modules/@effectful/serialization/index.js": "export const stringify = () => 'its own';\n",
      "node_modules/printer/index.js":
        'import { stringify } from "@effectful/serialization";\nexport const print = stringify;\n',
      "index.ts": `import * as S from "@effectful/serialization";
import { print } from "printer";
const T = require("@effectful/serialization");
export const manifest = { name: print(), outputTopics: [...Object.keys(S), ...Object.keys(T), "-"] };
export default async function main() {}
`,
    });
    const { code } = await build(join(folder, "index.ts"));
    const bundle = vm.runInNewContext(code) as (host: object) => { manifest: string };
    expect(JSON.parse(bundle({ urlParse() {}, log() {} }).manifest)).toEqual({ name: "its own", outputTopics: ["-"] });
  });

  test("the runtime of kafka-workflow is one module by all its names, and an installed one is not taken", async () => {
    const folder = project({
      "node_modules/@effectful/kafka-workflow-rt/index.js": "throw new Error('the real one');\n",
      "node_modules/helper/index.js": 'exports.config = require("@effectful/kafka-workflow-rt").config;\n',
      "index.ts": `import * as A from "@effectful/kafka-workflow";
import { config } from "@kwf/workflow/kafka-workflow-rt";
import * as helper from "helper";
helper.config.outputTopics.add("a");
config.outputTopics.add("b");
A.config.outputTopics.add("c");
export default async function main() {}
`,
    });
    const { code } = await build(join(folder, "index.ts"));
    const bundle = vm.runInNewContext(code) as (host: object) => { manifest: string };
    expect(JSON.parse(bundle({ urlParse() {}, log() {} }).manifest)).toEqual({ outputTopics: ["a", "b", "c"] });
  });

  test("TypeScript paths of tsconfig are honoured", async () => {
    const folder = project({
      "tsconfig.json": '{"compilerOptions":{"paths":{"@lib/*":["./lib/*"]}}}',
      "src/index.ts": `import { helper } from "@lib/helper";\n${MAIN}`,
      "lib/helper.ts": "export const helper = async () => 1;\nsetTimeout(() => {}, 1);\n",
    });
    expect(await errorsOf(join(folder, "src/index.ts"))).toMatchObject([{ file: "lib/helper.ts" }]);
  });
});
