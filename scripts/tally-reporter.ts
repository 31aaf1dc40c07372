import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

// Leaves the totals of the run in the file that scripts/test.mjs asked for. A file that cannot be loaded is one failure.
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.KWF_TEST_TALLY;
    if (file === undefined) return;
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failedHere += 1;
      }
      if (failedHere === 0 && !module.ok()) failedHere = 1;
      failed += failedHere;
    }
    writeFileSync(file, JSON.stringify({ passed, failed }));
  }
}
