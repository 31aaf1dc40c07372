import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages", import.meta.url));
const clientKit = fileURLToPath(new URL("./runner/src/client-kit.ts", import.meta.url));

// Tests run from source: a package is its src folder, no build needed.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@kwf\/([a-z]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@kwf\/([a-z]+)\/([a-z-]+)$/, replacement: `${packages}/$1/src/$2.ts` },
      { find: "kwf/client-kit", replacement: clientKit },
    ],
  },
  test: {
    include: ["{packages,demos}/*/**/*.test.ts", "runner/**/*.test.ts", "scripts/**/*.test.ts"],
    // What needs a Docker engine is run apart: npm run test:docker.
    exclude: ["**/node_modules/**", "**/dist/**", "runner/docker/**"],
    maxWorkers: 2,
    testTimeout: 20_000,
    reporters: ["default", "./scripts/tally-reporter.ts"],
  },
});
