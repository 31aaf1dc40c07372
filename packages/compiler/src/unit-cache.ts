// Keeps what the compiler has made of texts that come again: the dependencies of a program, from build to build and from process to process.
//
// I1  A key names everything that the result depends on, the compiler's own code included: nothing kept is ever stale.
// I2  A file is there whole or not at all, and holds a hash of itself: what is damaged is as good as missing.
// I3  Trouble with the directory is no trouble of the build: it compiles.

import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Texts; a directory that grows beyond it loses those that were used longest ago. */
const MOST = 16;
const HASH_LENGTH = 64;

const memory = new Map<string, unknown>();

export class UnitCache {
  readonly #directory: string | undefined;

  /** `root`: of the project. What its node_modules cannot hold is kept in memory only. */
  constructor(root: string) {
    this.#directory = cacheDirectory(root);
  }

  get<T>(fingerprint: string): T | undefined {
    const key = keyOf(fingerprint);
    const value = (memory.get(key) ?? this.#read(key)) as T | undefined;
    if (value !== undefined) remember(key, value);
    return value;
  }

  set(fingerprint: string, value: unknown): void {
    const key = keyOf(fingerprint);
    remember(key, value);
    this.#write(key, JSON.stringify(value));
  }

  #read(key: string): unknown {
    if (this.#directory === undefined) return undefined;
    try {
      const text = readFileSync(join(this.#directory, key), "utf8");
      const content = text.slice(HASH_LENGTH);
      return text.startsWith(hash(content)) ? JSON.parse(content) : undefined; // I2
    } catch {
      return undefined; // I3
    }
  }

  #write(key: string, content: string): void {
    const folder = this.#directory;
    if (folder === undefined) return;
    try {
      mkdirSync(folder, { recursive: true });
      const beside = join(folder, `${key}.${randomUUID()}`);
      writeFileSync(beside, hash(content) + content);
      renameSync(beside, join(folder, key));
      const files = readdirSync(folder).map((name) => join(folder, name));
      const byAge = files.map((file) => ({ file, at: statSync(file).mtimeMs })).sort((a, b) => b.at - a.at);
      for (const { file } of byAge.slice(MOST)) rmSync(file, { force: true });
    } catch {
      // I3
    }
  }
}

function remember(key: string, value: unknown): void {
  memory.delete(key);
  memory.set(key, value);
  if (memory.size > MOST) memory.delete(memory.keys().next().value as string);
}

/** Where tools keep such things: no other user of the machine can write there. */
function cacheDirectory(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    if (existsSync(modules)) return join(modules, ".cache", "kwf");
    if (folder === dirname(folder)) return undefined;
  }
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const keyOf = (fingerprint: string): string => hash(`${compilerFingerprint()} ${fingerprint}`);

let known: string | undefined;

/** Of this compiler's code, and of the packages that it compiles with. */
function compilerFingerprint(): string {
  if (known !== undefined) return known;
  const home = dirname(fileURLToPath(import.meta.url));
  const sum = createHash("sha256");
  for (const file of readdirSync(home, { recursive: true, encoding: "utf8" }).sort()) {
    if (/(?<!\.d|\.test)\.[jt]s$/.test(file)) sum.update(file).update(readFileSync(join(home, file)));
  }
  const require = createRequire(import.meta.url);
  for (const name of ["@babel/parser", "@babel/generator", "@babel/types"])
    sum.update(String((require(`${name}/package.json`) as { version: string }).version));
  known = sum.digest("hex");
  return known;
}
