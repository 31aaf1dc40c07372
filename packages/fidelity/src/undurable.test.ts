// A dependency that could reach what is not durable: it is bundled, runs as long as it does not come to it, and what it gets then is an
// error like any other, which is saved with the thread.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { afterAll, expect, it, vi } from "vitest";
import { freshRealms, restored } from "./restored.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000 });

const project = mkdtempSync(join(tmpdir(), "kwf-undurable-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const support = fileURLToPath(new URL("../fixtures/support.js", import.meta.url));
const files = {
  "package.json": '{ "type": "module" }',
  "node_modules/live/package.json": '{ "name": "live", "version": "1.0.0", "type": "module", "main": "index.js" }',
  "node_modules/live/index.js": `import { readFileSync } from "node:fs"; import { setTimeout as wait } from "timers/promises";
    import { EventEmitter } from "events"; import fs, * as all from "fs"; import { promisify } from "util";
    const { promises: later } = fs, later2 = all.promises; class Bus extends EventEmitter {}
    export const fine = () => "fine";
    export const reach = { timer: () => setTimeout(() => {}, 1), file: () => readFileSync("x"), wait: async () => wait(1), bus: () => new Bus(), later: async () => later.readFile("x"), same: () => later2 === later && typeof promisify === "function" && fs.constants.R_OK, direct: (x) => eval("x + " + x),
      request: async () => (await fetch("x")).json(), blob: () => new Blob([]), code: () => new (Object.getPrototypeOf(async () => {}).constructor)("1") };`,
  // As webpack writes them for browsers.
  "node_modules/umd/package.json": '{ "name": "umd", "version": "1.0.0", "main": "index.js" }',
  "node_modules/umd/index.js": `!function (e, t) { "object" == typeof exports && "object" == typeof module ? module.exports = t() : e.umd = t() }(self, (() => ({ here: self === globalThis })));`,
  "main.ts": `import { ask, log } from ${JSON.stringify(support)}; export { manifest } from ${JSON.stringify(support)};
    import { fine, reach } from "live"; import umd from "umd";
    export default async function main() {
      const errors: any[] = [];
      for (const [name, run] of Object.entries(reach)) {
        const reached = Promise.reject(await Promise.resolve().then(run as any).catch((error) => error));
        await ask(name);
        await reached.catch((error) => errors.push([name, error]));
      }
      await ask();
      for (const [name, error] of errors) log(name, error.code, error instanceof Error, error.message.split(":")[0]);
      log(fine(), umd.here);
    }`,
};

it("what a dependency reaches that is not durable is an error that is saved with the thread", async () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(project, path, ".."), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const { code } = await build(join(project, "main.ts"));
  const { outputs, error } = await restored(freshRealms(code));
  expect(error).toBeUndefined();
  const undurable = (name: string, what: string) => [name, "KWF_NOT_DURABLE", true, what];
  expect(outputs.filter((line) => Array.isArray(line))).toEqual([
    undurable("timer", "setTimeout does not exist in a workflow"),
    undurable("file", 'readFileSync of module "node'),
    undurable("wait", 'setTimeout of module "timers/promises" does not exist in a workflow'),
    undurable("bus", 'EventEmitter of module "events" does not exist in a workflow'),
    undurable("later", 'promises.readFile of module "fs" does not exist in a workflow'),
    undurable("same", 'constants.R_OK of module "fs" does not exist in a workflow'),
    undurable("direct", "eval does not exist in a workflow"),
    undurable("request", "fetch does not exist in a workflow"),
    undurable("blob", "Blob does not exist in a workflow"),
    undurable("code", "AsyncFunction(text) does not exist in a workflow"),
    ["fine", true],
  ]);
});
