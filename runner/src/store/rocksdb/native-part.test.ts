import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { loadNativePart, withOwnSymbolsFirst } from "./native-part.js";

const folder = dirname(createRequire(import.meta.url).resolve("rocksdb/package.json"));
const binary = readFileSync(join(folder, "prebuilds", "linux-x64", "node.napi.glibc.node"));

test("the package is loaded, whatever way this machine needs, and once", () => {
  const native = loadNativePart();
  expect(native).toBeTypeOf("function");
  expect(loadNativePart()).toBe(native);
  expect(process.env.ROCKSDB_PREBUILD).toBeUndefined();
});

test("the copy differs from the package's binary in one entry of the dynamic section, and not again", () => {
  const changed = withOwnSymbolsFirst(binary);
  const places = [...changed.keys()].filter((at) => changed[at] !== binary[at]);
  expect(places).toHaveLength(1);
  expect(changed[places[0]!]).toBe(16);
  expect(withOwnSymbolsFirst(changed)).toBe(changed);
});

test.runIf(spawnSync("readelf", ["--version"]).status === 0)("readelf sees it as SYMBOLIC", () => {
  const scratch = mkdtempSync(join(tmpdir(), "kwf-elf-"));
  try {
    const file = join(scratch, "library.so");
    writeFileSync(file, withOwnSymbolsFirst(binary));
    const { stdout } = spawnSync("readelf", ["--dynamic", "--wide", file], { encoding: "utf8" });
    expect(stdout).toMatch(/\(SYMBOLIC\)/);
    expect(stdout.trim().split("\n").at(-1)).toMatch(/\(NULL\)/);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test("what is no 64-bit ELF file is refused", () => {
  expect(() => withOwnSymbolsFirst(Buffer.alloc(64))).toThrow("not a 64-bit ELF file");
});
