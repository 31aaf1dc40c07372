// What compiling costs: milliseconds from sources to a bundle. Cold: a process of its own for each build. Watch: what `kwf dev` does from the
// moment at which a file was written; the file is an own one, and one more literal stands in it each time.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Builder } from "@kwf/compiler";
import { SourceWatch } from "../../runner/dist/dev/source-watch.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const KWF = join(root, "runner/bin/kwf.js");
const DEMO = join(root, "demos/trip-booking-saga");
const COLD = 7;
const WARM = 25;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The demo where it may be changed, its dependencies where they are. */
function copyOfDemo() {
  const folder = mkdtempSync(join(tmpdir(), "kwf-bench-"));
  cpSync(DEMO, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function cold(entry, folder) {
  const whole = [];
  const build = [];
  for (let n = 0; n < COLD; n++) {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [KWF, "build", entry, "-o", join(folder, "out.js")]);
    if (status !== 0) throw new Error(String(stderr));
    whole.push(performance.now() - begin);
    const { stdout } = spawnSync(process.execPath, [join(here, "compile-once.mjs"), entry], { cwd: root });
    const once = JSON.parse(String(stdout));
    build.push(once.import + once.build);
  }
  return { whole: median(whole), build: median(build) };
}

async function warm(entry) {
  const text = readFileSync(entry, "utf8");
  const change = (n) => writeFileSync(entry, `${text}\nexport const change = ${n};\n`);
  const builder = new Builder(entry);
  await builder.build();
  const rebuild = [];
  for (let n = 0; n < WARM; n++) {
    change(n);
    const begin = performance.now();
    await builder.build();
    rebuild.push(performance.now() - begin);
  }
  await builder.close();

  let told = () => {};
  const watch = new SourceWatch(entry, async () => told());
  await watch.first();
  const watched = [];
  for (let n = 0; n < WARM; n++) {
    const built = new Promise((resolve) => {
      told = resolve;
    });
    const begin = performance.now();
    change(n);
    await built;
    watched.push(performance.now() - begin);
    // What else the file system has to say of this change.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  watch.close();
  return { rebuild: median(rebuild), watched: median(watched) };
}

/** Lines for people. */
export async function measureCompile() {
  const folder = copyOfDemo();
  try {
    const entry = join(folder, "src/index.ts");
    const { whole, build } = cold(entry, folder);
    const { rebuild, watched } = await warm(entry);
    const ms = (value) => `${value.toFixed(0)} ms`;
    return [
      `compile of the trip booking saga, cold: ${ms(build)} the compiler, loaded and run; ${ms(whole)} the whole process of \`kwf build\``,
      `in watch: ${ms(rebuild)} a build; ${ms(watched)} from the change of a file to its bundle`,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
