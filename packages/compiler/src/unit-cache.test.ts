import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

// A process keeps what it has made, too: a fresh copy of the modules stands for another process.
async function build(entry: string) {
  vi.resetModules();
  return (await import("./build.js")).build(entry);
}

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "kwf-units-")));
  write("package.json", '{"name":"orders"}');
  write("node_modules/big/package.json", '{"name":"big","main":"index.js"}');
  write("node_modules/big/index.js", big("1"));
  write("index.ts", OWN);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const big = (step: string): string => `
import * as W from "@kwf/workflow";
${Array.from({ length: 300 }, (_, n) => `export const unused${n} = (value) => { const kept = value + ${n}; return () => kept; };`).join("\n")}
export const all = [${Array.from({ length: 300 }, (_, n) => `unused${n}`).join(", ")}];
export class Counter { #n = 0; async next() { return (this.#n += ${step} + (await W.ref("next"))); } }
export const send = (value) => W.output(value, "parts");
`;
const OWN = `
import { all, Counter, send } from "big";
export const manifest = { outputTopics: ["parts"] };
export default async function main() {
  const counter = new Counter();
  send(all.length);
  return [await counter.next(), await counter.next()];
}
`;
const cached = (): string[] => readdirSync(join(root, "node_modules/.cache/kwf"));
const file = (): string => join(root, "node_modules/.cache/kwf", cached()[0]!);

test("what is kept gives the same bytes", async () => {
  const first = await build(join(root, "index.ts"));
  const [name] = cached();
  const second = await build(join(root, "index.ts"));
  expect(second.code).toBe(first.code);
  expect(cached()).toEqual([name]);
  expect(first.metadata.functions.map((info) => info.name)).toEqual(expect.arrayContaining(["next", "main"]));
});

test("it is used: an entry that says something else shows", async () => {
  await build(join(root, "index.ts"));
  const text = readFileSync(file(), "utf8");
  const { createHash } = await import("node:crypto");
  const content = text.slice(64).replaceAll("Counter", "Changed");
  writeFileSync(file(), createHash("sha256").update(content).digest("hex") + content);
  expect((await build(join(root, "index.ts"))).code).toContain("Changed");
});

test("the author's own changes leave it", async () => {
  await build(join(root, "index.ts"));
  const before = cached();
  write("index.ts", OWN.replace("counter.next()]", "counter.next(), 3]"));
  expect((await build(join(root, "index.ts"))).code).toMatch(/, 3\]/);
  expect(cached()).toEqual(before);
});

test("a dependency that changes is compiled again", async () => {
  const first = await build(join(root, "index.ts"));
  write("node_modules/big/index.js", big("2"));
  const second = await build(join(root, "index.ts"));
  expect(second.hash).not.toBe(first.hash);
  expect(cached()).toHaveLength(2);
  write("node_modules/big/index.js", big("1"));
  expect((await build(join(root, "index.ts"))).hash).toBe(first.hash);
});

test.each([
  ["cut", (text: string) => text.slice(0, text.length / 2)],
  ["changed", (text: string) => text.replaceAll("Counter", "Changed")],
  ["empty", () => ""],
])("an entry that was %s is as good as missing", async (_, damage) => {
  const first = await build(join(root, "index.ts"));
  writeFileSync(file(), damage(readFileSync(file(), "utf8")));
  expect((await build(join(root, "index.ts"))).code).toBe(first.code);
  expect((await build(join(root, "index.ts"))).code).toBe(first.code);
});

test("two builds at once do not get into each other's way", async () => {
  vi.resetModules();
  const module = await import("./build.js");
  const results = await Promise.all([1, 2, 3].map(() => module.build(join(root, "index.ts"))));
  expect(new Set(results.map(({ code }) => code)).size).toBe(1);
  expect(cached()).toHaveLength(1);
});

test("a directory that cannot be written is no trouble", async () => {
  write("node_modules/.cache", "a file");
  expect((await build(join(root, "index.ts"))).code).toContain("Counter");
});

test("topics that the dependency writes to are held against the manifest, kept or not", async () => {
  write("index.ts", OWN.replace('["parts"]', "[]"));
  const wrong = { diagnostics: [{ code: "undeclared-topic", file: "node_modules/big/index.js" }] };
  await expect(build(join(root, "index.ts"))).rejects.toMatchObject(wrong);
  await expect(build(join(root, "index.ts"))).rejects.toMatchObject(wrong);
  write("index.ts", OWN);
  expect((await build(join(root, "index.ts"))).warnings).toEqual([]);
});

test("what a watcher builds again is what one builds at once", async () => {
  const { Builder } = await import("./build.js");
  const builder = new Builder(join(root, "index.ts"));
  const first = await builder.build();
  write("index.ts", OWN.replace("counter.next()]", "counter.next(), 3]"));
  const second = await builder.build();
  write("index.ts", OWN.replace('"big"', '"nowhere"'));
  await expect(builder.build()).rejects.toMatchObject({ diagnostics: [{ code: "unresolved-import" }] });
  write("index.ts", OWN);
  const third = await builder.build();
  await builder.close();
  expect([third.hash, second.hash === first.hash]).toEqual([first.hash, false]);
  expect((await build(join(root, "index.ts"))).hash).toBe(first.hash);
});
