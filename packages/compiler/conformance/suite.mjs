// Reads a checkout of tc39/test262: which files a run covers, and what each says of itself. INTERPRETING.md of the suite
// is the specification. Neighbours: exclusions.mjs says which files are left out, scenario.mjs runs them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** A mistake of the one who started the run: said without a stack. */
export class UsageError extends Error {}

/** `checkout` must hold the suite. */
export function checkCheckout(checkout) {
  if (!existsSync(checkout)) throw new UsageError(`--test262: there is no folder ${checkout}`);
  for (const part of ["harness/assert.js", "harness/sta.js", "test"]) {
    if (existsSync(join(checkout, part))) continue;
    throw new UsageError(`--test262: ${checkout} is no checkout of tc39/test262: it has no ${part}`);
  }
}

/** The lines of a list of directories, without comments. */
export function readDirectories(file) {
  if (!existsSync(file)) throw new UsageError(`--dirs: there is no file ${file}`);
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .map((line) =>
      line
        .replace(/#.*/, "")
        .trim()
        .replace(/^test\//, ""),
    )
    .filter(Boolean);
}

/**
 * Directory of the report -> paths of its tests, relative to the checkout. A file belongs to the first directory that
 * holds it; "dir/*" makes each folder in `dir` a directory of the report.
 */
export function listTests(checkout, directories) {
  const seen = new Set();
  const groups = new Map();
  const add = (name, files) => {
    const list = groups.get(name) ?? [];
    for (const file of files) {
      if (seen.has(file)) continue;
      seen.add(file);
      list.push(file);
    }
    if (list.length > 0) groups.set(name, list);
  };
  for (const line of directories) {
    const name = line.replace(/\/\*?$/, "");
    const path = join(checkout, "test", name);
    if (!existsSync(path)) throw new UsageError(`${checkout} has no test/${name}: is it a checkout of another time?`);
    const files = testsBelow(checkout, path);
    if (!line.endsWith("/*")) add(name, files);
    else for (const file of files) add(folderIn(name, file), [file]);
  }
  return groups;
}

/** The folder of `directory` that a file lies in, or `directory` itself. */
function folderIn(directory, file) {
  const parts = file.split("/").slice(1, directory.split("/").length + 2);
  return (parts.at(-1).endsWith(".js") ? parts.slice(0, -1) : parts).join("/");
}

function testsBelow(checkout, path) {
  const files = statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true }).map((name) => join(path, name));
  const isTest = (file) => file.endsWith(".js") && !file.includes("_FIXTURE");
  return files
    .filter(isTest)
    .map((file) => relative(checkout, file).split(sep).join("/"))
    .sort();
}

/** What stands between the lines of dashes at the top of a test, as far as running it asks for. */
export function readMetadata(source) {
  const text = /\/\*---\r?\n?([\s\S]*?)---\*\//.exec(source)?.[1] ?? "";
  const negative = /^negative:\s*\r?\n((?:[ \t]+.*\r?\n?)+)/m.exec(text)?.[1];
  const field = (name) => new RegExp(`^\\s*${name}:\\s*(\\S+)`, "m").exec(negative ?? "")?.[1];
  return {
    flags: list(text, "flags"),
    includes: list(text, "includes"),
    features: list(text, "features"),
    negative: negative === undefined ? undefined : { phase: field("phase"), type: field("type") },
  };
}

/** `name: [a, b]`, over lines if need be, or a list of lines `- a`. */
function list(text, name) {
  const inline = new RegExp(`^${name}:\\s*\\[([^\\]]*)\\]`, "m").exec(text)?.[1];
  const lines = new RegExp(`^${name}:[ \\t]*\\r?\\n((?:[ \\t]*-.*\\r?\\n?)+)`, "m").exec(text)?.[1];
  const items = inline?.split(",") ?? lines?.split("\n").map((line) => line.replace(/^\s*-/, "")) ?? [];
  return items.map((item) => item.replace(/#.*/, "").trim()).filter(Boolean);
}

/** In which modes a file runs: most run twice. */
export function modesOf({ flags }, wanted) {
  if (flags.includes("module")) return ["module"];
  if (flags.includes("raw")) return ["raw"];
  const modes = ["sloppy", "strict"].filter((mode) => !flags.includes(mode === "strict" ? "noStrict" : "onlyStrict"));
  return wanted === "both" ? modes : modes.filter((mode) => mode === wanted);
}

/** Code without comments, for looking at what a test uses. */
export const withoutComments = (source) => source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
