// Worker process: runs the scenarios it is sent, one at a time. run.mjs is the parent.
import { chain } from "./runs.mjs";
import { runScenario } from "./scenario.mjs";

const { checkout, run } = JSON.parse(process.env.KWF_CONFORMANCE);
const hook = chain(run);
await hook.setup?.();

// What an earlier test left over is not the present one's business.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});

process.on("message", async ({ path, mode, meta }) => {
  const begin = performance.now();
  const result = await runScenario({ checkout, path, mode, meta, hook });
  const mib = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.send({ result: { ...result, ms: Math.round(performance.now() - begin) }, mib });
});
process.send({ ready: true });
