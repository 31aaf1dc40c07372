// The hook that judges kwf: the code of a test goes through the compiler and runs on the runtime's promises and jobs.
// Restoring: whenever the job queue would run its next job, the whole program is serialized, dropped, and goes on in a
// fresh realm (drive.mjs). The top-level variables of a script, the global object and changed intrinsics are then state
// of the thread, as differences from a pristine realm.
//
// The compiler and the runtime are bundled from source on the spot, so that a run always judges what is there.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "@babel/parser";
import { traverseFast } from "@babel/types";
import { build } from "esbuild";
import { HEAD, TAIL } from "./asyncify.mjs";
import { drive, goOn, IMPORT, importer, MAIN, pump, START } from "./drive.mjs";
import { Edits } from "./edits.mjs";
import { IMPORTS } from "./realm.mjs";
import { splitTopLevel } from "./top-level.mjs";

const packages = resolve(import.meta.dirname, "../..");
const KIT = "__kwf262kit";
/** Ids of one text: harness files and the test share a realm. */
const IDS_PER_TEXT = 100_000;

export function createHook({ restoring }) {
  let compile;
  let runtime;
  const harness = new Map();
  let texts = 1000;

  return { setup, globals, ready, transform, evaluate, transformHarness: true };

  async function setup() {
    const outfile = join(tmpdir(), `kwf-conformance-${process.pid}.mjs`);
    const common = { bundle: true, logLevel: "error", format: "esm" };
    const require = `import { createRequire as _require } from "node:module"; const require = _require(${JSON.stringify(import.meta.url)});`;
    const entry = join(packages, "compiler/src/compile.ts");
    // What the compiler requires it finds from where its sources are.
    const define = { "import.meta.url": JSON.stringify(pathToFileURL(entry)) };
    await build({ ...common, entryPoints: [entry], platform: "node", outfile, define, banner: { js: require } });
    ({ compile } = await import(pathToFileURL(outfile)));
    rmSync(outfile);
    const { outputFiles } = await build({
      ...common,
      entryPoints: [process.env.KWF_RUNTIME ?? join(packages, "workflow/src/runtime.ts")],
      ...{ format: "iife", globalName: "runtime", platform: "neutral", target: "esnext" },
      ...{ mainFields: ["module", "main"], write: false },
    });
    runtime = `(function (host) { "use strict"; ${outputFiles[0].text}\nreturn (runtime.default ?? runtime.runtime)(host); })`;
  }

  function globals(global, info) {
    hide(global, KIT, info.run(runtime, "kwf:runtime")(host()));
    hide(global, IMPORT, importer(global.Promise));
  }

  /** Called when the harness is there: what it defined belongs to the realm, not to the test. */
  function ready(global, info) {
    hide(global, START, (main) => drive(KIT, main, info, restoring));
    hide(global, MAIN, (main) => drive(KIT, main, info, restoring));
    if (info.mode === "module") pump(global[KIT].program);
  }

  function transform(written, info) {
    const source = IMPORTS.test(written) ? adopting(written, info) : written;
    if (info.isModule) return info.kind === "test" ? transformModule(source) : source;
    if (info.kind === "harness") {
      if (!harness.has(info.path)) harness.set(info.path, script(source, (harness.size + 1) * IDS_PER_TEXT).code);
      return harness.get(info.path);
    }
    if (info.kind === "evalScript") return script(source, ++texts * IDS_PER_TEXT).code;
    const asyncified = source.startsWith(HEAD) && source.endsWith(TAIL);
    const whole = !asyncified && restoring && info.mode !== "raw";
    const text = asyncified
      ? supervised(source.slice(HEAD.length, -TAIL.length))
      : whole
        ? splitTopLevel(source, MAIN)
        : source;
    const { code } = script(text, 0);
    const wrapped = asyncified ? rememberText(START, code) : whole ? rememberText(MAIN, code) : code;
    return { code: wrapped, meta: count(source, code) };
  }

  /**
   * A module that neither imports nor exports is the body of an async function. Others stay native, which `residual`
   * tells: a bundle has no modules at run time, and the build refuses top-level await.
   */
  function transformModule(source) {
    const { program } = parse(source, { sourceType: "module", errorRecovery: true });
    if (program.body.some((statement) => /^(Import|Export)/.test(statement.type)) || /\bimport\.meta\b/.test(source)) {
      return { code: source, meta: { lowered: 1, residual: 1 } };
    }
    const body = `"use strict"; ${source}`;
    const { code } = script(`var __kwf262end = ${supervised(body).replace(".call(this)", ".call(undefined)")}`, 0);
    const meta = count(`(async function () {${body}\n})`, code);
    return { code: `${rememberText(START, code)}\nawait __kwf262end;`, meta };
  }

  function script(source, firstId) {
    try {
      return compile(source, {
        ...{ sourceType: "script", kit: KIT, firstId: firstId + 1 },
        moduleOf: () => ({ index: firstId, own: true }),
      });
    } catch (error) {
      // A refusal names its place; anything else is a crash of the compiler.
      if (error?.line !== undefined || error?.diagnostics !== undefined || /^KWF_/.test(error?.code ?? ""))
        error.code = "UNSUPPORTED";
      throw error;
    }
  }

  /** A test that is not asyncified: the script runs, then the queue until it is empty. */
  async function evaluate(code, info) {
    const kit = info.global[KIT];
    info.run(code, info.path);
    if (restoring && info.mode !== "raw") return goOn(KIT, info);
    kit.program.drain();
    if (IMPORTS.test(code)) pump(kit.program, info.global[IMPORT]);
  }
}

const hide = (global, key, value) =>
  Object.defineProperty(global, key, { value, writable: true, enumerable: false, configurable: true });

const host = () => Object.assign(Object.create(null), { bundle: "test262", log() {}, now: () => 0, urlParse() {} });

/** `import(x)` -> `adopt(import(x))` */
function adopting(source, { isModule }) {
  const options = { sourceType: isModule ? "module" : "script", errorRecovery: true, createImportExpressions: true };
  const { program } = parse(source, { ...options, plugins: ["explicitResourceManagement"] });
  const edits = new Edits(source);
  traverseFast(program, ({ type, start, end }) => {
    if (type !== "ImportExpression") return;
    edits.insert(start, `${IMPORT}(`);
    edits.insert(end, ")");
  });
  return String(edits);
}

/** START is ours: in a restored realm it does not start the test again. What became of the test is in `end`. */
const supervised = (body) => `${START}(async function (end) {
  try { await (async function () {${body}\n}).call(this); } catch (error) { end.failed = true; end.error = error; }
  end.reached = true;
});`;

/** A restored realm evaluates the same text, for its tables. */
const rememberText = (start, code) => {
  const directive = /^\s*"use strict";/.exec(code)?.[0] ?? "";
  return `${directive}globalThis.${start}.text = ${JSON.stringify(code)};\n${code}`;
};

/** Native async functions and generators, in the test and in what became of it. */
function count(before, after) {
  return { lowered: native(before), residual: native(after) };
}

function native(code) {
  if (!/\basync\b|\bfunction\s*\*|\*|\bawait\b/.test(code)) return 0;
  let n = 0;
  try {
    const visit = (node) => {
      if (Array.isArray(node)) return node.forEach(visit);
      if (!node || typeof node.type !== "string") return;
      if ((node.async || node.generator) && /Function|Method/.test(node.type)) n++;
      if (node.type === "ForOfStatement" && node.await) n++;
      for (const key in node) if (key !== "loc" && key !== "extra" && typeof node[key] === "object") visit(node[key]);
    };
    visit(parse(code, { sourceType: "script", errorRecovery: true, allowReturnOutsideFunction: true }).program);
  } catch {
    return n;
  }
  return n;
}
