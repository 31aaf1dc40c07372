// Hook for the judge run262.mjs (its header describes the interface): test code goes through the compiler and runs on
// the runtime's promises and jobs.
//
//   node run262.mjs --suite <test262> --dirs ... --hook hook.mjs                               compiled
//   INNER=hook.mjs node run262.mjs ... --hook hook-asyncify.mjs                                compiled, asyncified
//   KWF_RESTORE=1 INNER=hook.mjs node run262.mjs ... --hook hook-asyncify.mjs                  restored
//
// Restored: the judge's asyncifying hook has made the test one async function. Whenever the queue would run its next
// job, the whole program (globals included) is serialized and dropped, and goes on in a fresh realm.
//
// The compiler and the runtime are bundled from source on the spot, so that a run always judges what is there.
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "@babel/parser";
import { build } from "esbuild";
import { drive, START } from "./drive.mjs";

const restoring = Boolean(process.env.KWF_RESTORE);
export const name = restoring ? "kwf, restored between jobs" : "kwf";
export const transformHarness = true;

const packages = resolve(import.meta.dirname, "../..");
const KIT = "__kwf262kit";
/** Ids of one text: harness files and the test share a realm. */
const IDS_PER_TEXT = 100_000;

let compile;
let runtime;

export async function setup() {
  const outfile = join(tmpdir(), `kwf-conformance-${process.pid}.mjs`);
  const common = { bundle: true, logLevel: "error", format: "esm" };
  await build({
    ...common,
    entryPoints: [join(packages, "compiler/src/compile.ts")],
    platform: "node",
    outfile,
    banner: {
      js: `import { createRequire as _require } from "node:module"; const require = _require(${JSON.stringify(import.meta.url)});`,
    },
  });
  ({ compile } = await import(pathToFileURL(outfile)));
  const { outputFiles } = await build({
    ...common,
    entryPoints: [process.env.KWF_RUNTIME ?? join(packages, "workflow/src/runtime.ts")],
    format: "iife",
    globalName: "runtime",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "esnext",
    write: false,
  });
  runtime = `(function (host) { "use strict"; ${outputFiles[0].text}\nreturn (runtime.default ?? runtime.runtime)(host); })`;
}

export function globals(global, info) {
  const kit = info.run(runtime, "kwf:runtime")(host());
  hide(global, KIT, kit);
}

/** Called when the harness is there: what it defined belongs to the realm, not to the test. */
export function ready(global, info) {
  hide(global, START, (start) => drive(KIT, start, info, restoring));
  if (info.mode === "module") pump(global[KIT].program);
}

const hide = (global, key, value) =>
  Object.defineProperty(global, key, { value, writable: true, enumerable: false, configurable: true });

const host = () => Object.assign(Object.create(null), { bundle: "test262", log() {}, now: () => 0, urlParse() {} });

// ------------------------------------------------------------------------------------------ transform

// What hook-asyncify.mjs puts around a test.
const HEAD = "(async function () {";
const TAIL = "\n}).call(this);";

const harness = new Map();

export function transform(source, info) {
  if (info.isModule) return info.kind === "test" ? transformModule(source) : source;
  if (info.kind === "harness") {
    if (!harness.has(info.path)) harness.set(info.path, compileScript(source, (harness.size + 1) * IDS_PER_TEXT).code);
    return harness.get(info.path);
  }
  const asyncified = source.startsWith(HEAD) && source.endsWith(TAIL);
  const text = asyncified ? supervised(source.slice(HEAD.length, -TAIL.length)) : source;
  const { code } = compileScript(text, info.kind === "evalScript" ? nextText() : 0);
  const wrapped = asyncified ? rememberText(code) : code;
  return { code: wrapped, meta: count(source, code) };
}

/** START is ours: in a restored realm it does not start the test again. What became of the test is in `end`. */
const supervised = (body) => `${START}(async function (end) {
  try { await (async function () {${body}\n}).call(this); } catch (error) { end.failed = true; end.error = error; }
  end.reached = true;
});`;

/**
 * A module that neither imports nor exports is the body of an async function. Others stay native, which `residual` tells:
 * a bundle has no modules at run time, and the build refuses top-level await.
 */
function transformModule(source) {
  const { program } = parse(source, { sourceType: "module", errorRecovery: true });
  if (program.body.some((statement) => /^(Import|Export)/.test(statement.type)) || /\bimport\.meta\b/.test(source)) {
    return { code: source, meta: { lowered: 1, residual: 1 } };
  }
  const body = `"use strict"; ${source}`;
  const { code } = compileScript(`var __kwf262end = ${supervised(body).replace(".call(this)", ".call(undefined)")}`, 0);
  return { code: `${rememberText(code)}\nawait __kwf262end;`, meta: count(`(async function () {${body}\n})`, code) };
}

let texts = 1000;
const nextText = () => ++texts * IDS_PER_TEXT;

function compileScript(source, firstId) {
  try {
    return compile(source, {
      sourceType: "script",
      kit: KIT,
      firstId: firstId + 1,
      moduleOf: () => ({ index: firstId, own: true }),
    });
  } catch (error) {
    // A refusal names its place; anything else is a crash of the compiler.
    if (error?.line !== undefined || error?.diagnostics !== undefined || /^KWF_/.test(error?.code ?? ""))
      error.code = "UNSUPPORTED";
    throw error;
  }
}

/** A restored realm evaluates the same text, for its tables. */
const rememberText = (code) => `globalThis.${START}.text = ${JSON.stringify(code)};\n${code}`;

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

// ------------------------------------------------------------------------------------------ evaluate

/** Code of a native module may settle our promises at any time: the queue is looked at for a second. */
async function pump(program) {
  for (const end = Date.now() + 1000; Date.now() < end; await new Promise(setImmediate)) program.drain();
}

/** A test that is not asyncified: the script runs, then the queue until it is empty. */
export async function evaluate(code, info) {
  const kit = info.global[KIT];
  info.run(code, info.path);
  kit.program.drain();
  // A native promise (of import()) settles later and puts jobs into our queue.
  if (!/\bimport\s*\(/.test(code)) return;
  for (let round = 0; round < 20; round++) {
    await new Promise(setImmediate);
    kit.program.drain();
  }
}
