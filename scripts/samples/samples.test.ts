// Every block of TypeScript in what users read is checked, built and run, as a user would who copies it: outside of the sources, with the
// built packages. sample.ts says how a page marks what is not a whole file.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { loadBundle } from "@kwf/engine";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../packaging/packages.js";
import { type PageSamples, pages, type SampleFile, samplesOf } from "./sample.js";

interface WrittenFile extends SampleFile {
  /** From `home`. */
  readonly path: string;
}

const home = join(root, ".cache/samples");
const all: readonly PageSamples[] = pages().map(samplesOf);
const written: readonly WrittenFile[] = all.flatMap(({ page, files }) =>
  files.map((file) => ({ ...file, path: join(page.replace(/\.md$/, "").replaceAll("/", "-"), file.name) })),
);

/** Code that is not part of a bundle. */
const isOutside = ({ text }: SampleFile): boolean =>
  /from "(@kwf\/(client|compiler|testing)|kwf\/testing|vitest|node:[^"]+)"/.test(text);
const isTest = ({ name }: SampleFile): boolean => name.endsWith(".test.ts");
const isWorkflow = ({ text }: SampleFile): boolean =>
  /^export default |^export (async function|const) main\b/m.test(text);

beforeAll(() => {
  rmSync(home, { recursive: true, force: true });
  for (const { path, text } of written) {
    mkdirSync(join(home, path, ".."), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  writeFileSync(join(home, "vitest.config.js"), "export default { test: { testTimeout: 120_000 } };\n");
  writeFileSync(join(home, "package.json"), '{ "name": "samples", "type": "module", "private": true }\n');
});

/** A command of the repository's tools; throws with all it said. */
function run(bin: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", bin), ...args], {
    cwd: home,
    encoding: "utf8",
    env: { ...process.env, VITEST: undefined, NODE_ENV: undefined },
  });
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
}

function checkTypes(files: readonly WrittenFile[], config: object, name: string): void {
  writeFileSync(join(home, name), JSON.stringify({ ...config, files: files.map(({ path }) => path) }));
  run("typescript/bin/tsc", "-p", name, "--noEmit");
}

test("there are samples, and the marks of all pages are understood", () => {
  expect(written.length).toBeGreaterThan(20);
  expect(written.filter(isTest).length).toBeGreaterThan(3);
});

describe("types", () => {
  test("of workflow code, as an editor of a user has them", () => {
    const files = written.filter((file) => !isOutside(file));
    checkTypes(files, { extends: "@kwf/workflow/tsconfig.json" }, "tsconfig.workflow.json");
  });

  test("of code around workflows", () => {
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2023", strict: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: true, types: ["node"] },
    };
    checkTypes(written.filter(isOutside), { compilerOptions }, "tsconfig.outside.json");
  });
});

test.each(written.filter(isWorkflow).map(({ place, path }) => [place, path]))(
  "%s is a workflow that can be built and loaded",
  async (_place, path) => {
    const { code, warnings } = await build(join(home, path));
    expect(warnings).toEqual([]);
    expect(loadBundle(code).manifest).toBeDefined();
  },
);

test("tests pass", () => {
  run("vitest/vitest.mjs", "run", "--root", ".", "--maxWorkers", "2");
}, 600_000);

const withoutIndents = (text: string): string => text.trim().replace(/^[ \t]+|[ \t]+$/gm, "");

/** The parts of the quote, in this order. */
function stands(quote: string, file: string): boolean {
  const source = `\n${withoutIndents(readFileSync(join(root, file), "utf8"))}\n`;
  let from = 0;
  for (const part of withoutIndents(quote).split(/^(?:\/\/ )?….*\n/m)) {
    if (part.trim() === "") continue;
    const at = source.indexOf(`\n${part.trimEnd()}\n`, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

test.each(all.flatMap(({ quotes }) => quotes).map((quote) => [quote.place, quote] as const))(
  "%s stands in the source",
  (_place, { text, sources }) => {
    expect(
      sources.filter((file) => stands(text, file)),
      `${text}\nstands in none of ${sources.join(", ")}`,
    ).not.toEqual([]);
  },
);
