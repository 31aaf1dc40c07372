// The command `npm run fuzz -- --seed N --count N --minutes N --mode native|cancels`: random programs until one is found on which
// runs disagree. It is made small and written as a fixture; the exit code says whether there was one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, parseArgs } from "node:util";
import { campaign, writeFixture } from "./random/campaign.js";

const FOUND = fileURLToPath(new URL("../fixtures/found/", import.meta.url));
const MODES = ["native", "cancels"];

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    count: { type: "string", default: "1000" },
    minutes: { type: "string" },
    mode: { type: "string" },
  },
});

function number(name: "seed" | "count" | "minutes"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`--${name}: expected a number, found "${text}"`);
  process.exit(2);
}

const { mode } = values;
if (mode !== undefined && !MODES.includes(mode)) {
  console.error(`--mode: expected ${MODES.join(" or ")}, found "${mode}"`);
  process.exit(2);
}
const seed = number("seed") ?? Math.floor(Math.random() * 2 ** 31);
const count = number("count") ?? 1000;
const minutes = number("minutes");
const modes = mode === undefined ? MODES : [mode];

// A program may drop a promise: the bundle's error, not this process's.
process.on("unhandledRejection", () => {});
const folder = mkdtempSync(join(tmpdir(), "kwf-fuzz-"));
let failed = false;
for (const one of modes) {
  const started = performance.now();
  console.log(`${one}: seed ${seed}, ${count} programs${minutes === undefined ? "" : `, ${minutes} minutes`}`);
  const found = await campaign({
    seed,
    count,
    cancels: one === "cancels",
    folder,
    ...(minutes === undefined ? {} : { milliseconds: (minutes * 60_000) / modes.length }),
    progress(programs, isShrinking) {
      if (programs % 25 !== 0) return;
      const perSecond = (programs * 1000) / (performance.now() - started);
      console.log(
        `  ${programs} programs, ${perSecond.toFixed(1)} a second${isShrinking ? ", making what was found small" : ""}`,
      );
    },
  });
  if (found === undefined) {
    console.log("  all runs agree");
    continue;
  }
  failed = true;
  const { run, expected, found: said } = found.disagreement;
  console.log(`  ${run} disagrees; expected ${inspect(expected, { depth: 6 })}, found ${inspect(said, { depth: 6 })}`);
  console.log(`  written to ${writeFixture(found, join(FOUND, `${one}-${seed}`), one === "cancels")}`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
