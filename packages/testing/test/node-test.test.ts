import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("works under node:test, whose failures show what the thread waits for", { timeout: 120_000 }, () => {
  const file = fileURLToPath(new URL("../fixtures/under-node.mjs", import.meta.url));
  // A process under node:test tells its children so; this one is a user's own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", file], {
    encoding: "utf8",
    env,
  });
  expect(stdout).toContain("ok 1 - greets");
  expect(stdout).toContain("not ok 2 - a result that is not there says what the thread waits for");
  expect(stdout).toMatch(/thread "test" has not completed: it waits for 0:greeting:1.*at greet \(/s);
  expect(status).toBe(1);
});
