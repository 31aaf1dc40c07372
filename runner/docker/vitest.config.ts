import { defineConfig } from "vitest/config";
import workspace from "../../vitest.config.js";

// `npm run test:docker`: what needs a Docker engine, apart from the plain run of the tests.
export default defineConfig({
  ...workspace,
  test: {
    ...workspace.test,
    include: ["runner/docker/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
});
