import { expect, test } from "vitest";
import { lowerProgram, trace } from "../../test/machine/harness.js";

const src = `
async function main(log) {
  const x = await 1;
  let total = 0;
  for (const y of [1,2,3]) {
    if (y === 2) continue;
    try { total += await y; if (y === 3) { return total + x; } } finally { log("fin", await y); }
  }
}
`;
test("x", async () => {
  expect(await trace(src, true)).toEqual(await trace(src, false));
});
