#!/usr/bin/env node
// Runs the whole check: build (which type-checks), lint and format, then every test. Arguments go to vitest.
// The last line on stdout is always "N passed, N failed"; the exit code is 0 only when something ran and nothing failed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

function run(command, args, env = {}) {
  const bin = join(dirname(require.resolve(`${command.package}/package.json`)), command.path);
  const { status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

function main() {
  if (run({ package: "typescript", path: "bin/tsc" }, ["-b"]) !== 0) return { passed: 0, failed: 1 };
  if (run({ package: "@biomejs/biome", path: "bin/biome" }, ["check", "."]) !== 0) return { passed: 0, failed: 1 };
  const scratch = mkdtempSync(join(tmpdir(), "kwf-test-"));
  const tally = join(scratch, "tally.json");
  try {
    const args = ["run", ...process.argv.slice(2)];
    const status = run({ package: "vitest", path: "vitest.mjs" }, args, { KWF_TEST_TALLY: tally });
    const { passed, failed } = JSON.parse(readFileSync(tally, "utf8"));
    // Errors outside a test (a worker that died, an unhandled rejection) show only in the exit code.
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { passed, failed } = main();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
