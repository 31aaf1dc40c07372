import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Built, SourceWatch } from "./source-watch.js";

let root: string;
let watch: SourceWatch | undefined;
let builds: Built[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kwf-source-watch-"));
  builds = [];
  write(root, "1");
});
afterEach(() => {
  watch?.close();
  rmSync(root, { recursive: true, force: true });
});

function write(folder: string, answer: string): void {
  mkdirSync(join(folder, "src/deep"), { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "src/deep/answer.ts"), `export const answer = "answer ${answer}";\n`);
  writeFileSync(
    join(folder, "src/index.ts"),
    'import { answer } from "./deep/answer";\nexport default async function main() { return answer; }\n',
  );
}

async function begin(): Promise<Built> {
  watch = new SourceWatch(join(root, "src/index.ts"), async (built) => void builds.push(built));
  return watch.first();
}

const said = (built: Built | undefined): string | undefined =>
  built?.type === "failed" ? built.error.message : /answer \d+/.exec(built?.result.code ?? "")?.[0];
const last = (wanted: string | RegExp) => expect.poll(() => said(builds.at(-1)), { timeout: 30_000 }).toMatch(wanted);

test("a file that is deleted is said to be missing, and built when it is back", async () => {
  expect(said(await begin())).toBe("answer 1");
  rmSync(join(root, "src/index.ts"));
  await last(/cannot read .*src\/index\.ts: there is no such file/);
  write(root, "2");
  await last("answer 2");
});

test("a folder that is taken away and comes back as another one is watched again", async () => {
  await begin();
  renameSync(join(root, "src"), join(root, "away"));
  await last(/there is no such file/);
  write(root, "3");
  await last("answer 3");
  write(root, "4");
  await last("answer 4");
});

test("a folder that is replaced in one stroke is watched again", async () => {
  await begin();
  write(join(root, "other"), "5");
  renameSync(join(root, "src"), join(root, "away"));
  renameSync(join(root, "other/src"), join(root, "src"));
  await last("answer 5");
  writeFileSync(join(root, "src/deep/answer.ts"), 'export const answer = "answer 6";\n');
  await last("answer 6");
});

test("an entry that is not there, or is a folder, fails with what is wrong", async () => {
  expect(said(await begin())).toBe("answer 1");
  const folder = new SourceWatch(join(root, "src"), async () => {});
  expect(said(await folder.first())).toMatch(/src: it is a folder; the file in it that exports the workflow is wanted/);
  folder.close();
  const nowhere = new SourceWatch(join(root, "nowhere/at/all.ts"), async () => {});
  expect(said(await nowhere.first())).toMatch(/all\.ts: there is no such file/);
  nowhere.close();
});
