import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownVersion, projectName } from "./project-manifest.js";
import { scaffold } from "./scaffold.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kwf-init-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const everyFile = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();

describe("a new project", () => {
  test("has the files it says, in a directory made for it, named by it", () => {
    const directory = join(home, "deep", "My Orders");
    const files = scaffold(directory);
    expect(everyFile(directory)).toEqual([...files].sort());
    expect(files).toContain(".gitignore");
    expect(readFileSync(join(directory, "README.md"), "utf8")).toMatch(/^# my-orders\n/);
    expect(JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))).toMatchObject({ name: "my-orders" });
  });

  test("stands beside what is there", () => {
    writeFileSync(join(home, "LICENSE"), "mine");
    scaffold(home);
    expect(readFileSync(join(home, "LICENSE"), "utf8")).toBe("mine");
  });

  test("needs the packages of this release, and the tools this repository uses", () => {
    scaffold(home);
    const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const { typescript, vitest } = JSON.parse(
      readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
    ).devDependencies;
    const version = ownVersion();
    expect(manifest.dependencies).toEqual({ "@kwf/patterns": version, "@kwf/workflow": version });
    expect(manifest.devDependencies).toEqual({ "@kwf/testing": version, kwf: version, typescript, vitest });
  });
});

describe("what is in the way", () => {
  test("is named, and then nothing is written", () => {
    mkdirSync(join(home, "src"));
    writeFileSync(join(home, "src", "index.ts"), "mine");
    writeFileSync(join(home, "package.json"), "{}");
    expect(() => scaffold(home)).toThrow(`${home} has package.json, src/index.ts already, and nothing was written`);
    expect(everyFile(home)).toEqual(["package.json", "src/index.ts"]);
    expect(readFileSync(join(home, "src", "index.ts"), "utf8")).toBe("mine");
  });

  test("is a file where a directory is meant", () => {
    const file = join(home, "orders");
    writeFileSync(file, "mine");
    expect(() => scaffold(file)).toThrow(`${file} is a file: kwf init takes a directory`);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });
});

test.each([
  ["orders", "orders"],
  ["/tmp/My Orders!", "my-orders"],
  ["_private", "private"],
  ["...", "workflow"],
])("the project in %s is called %s", (directory, name) => {
  expect(projectName(directory)).toBe(name);
});
