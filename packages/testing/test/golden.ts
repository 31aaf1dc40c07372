// Continuations of every release, kept for ever: `packages/testing/golden/<release>` has a bundle as that release built it, the source that it
// was built of, and what is left of threads at every one of their awaits. golden.test.ts resumes them; scripts/golden.mjs adds a release.
// Where one fails, threads of that release would be lost: the change is wrong, unless the release is not out yet (`npm run golden -- --again`).

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Bundle, step } from "@kwf/engine";

export const folder = fileURLToPath(new URL("../golden", import.meta.url));

/** A thread between two records, and what is still to come. */
export interface GoldenThread {
  readonly name: string;
  readonly after: number;
  readonly state: string;
  /** Records that are left, as on workflow-resume, each with its time. */
  readonly records: readonly (readonly [value: string, now: number])[];
  readonly result: unknown;
}

export interface Golden {
  readonly release: string;
  readonly source: string;
  readonly threads: readonly GoldenThread[];
  /** Of the program. */
  readonly entry: string;
}

export function goldens(): Golden[] {
  const releases = readdirSync(folder).filter((name) => name !== "program");
  return releases.map((release) => ({
    release,
    source: gunzipSync(readFileSync(join(folder, release, "bundle.js.gz"))).toString(),
    threads: JSON.parse(
      gunzipSync(readFileSync(join(folder, release, "threads.json.gz"))).toString(),
    ) as readonly GoldenThread[],
    entry: join(folder, release, "program", "index.ts"),
  }));
}

/** What the thread comes to, each step in a new realm. */
export function resumed(bundle: Bundle, state: string, { records, after }: GoldenThread): unknown {
  let bytes: Uint8Array | null = Buffer.from(state);
  let result: unknown;
  for (const [index, [value, now]] of records.entries()) {
    const record = { key: "golden", value, offset: String(after + index + 1), partition: 0, timestamp: now };
    const answer = step(bundle, bytes, record, { fresh: true, now, seed: "golden" });
    bytes = answer.state;
    if (answer.error !== undefined) throw new Error(`${answer.error.message} [${answer.error.code}]`);
    const ended = answer.outputs.find(({ topic }) => topic === "workflow-result" || topic === "workflow-error");
    if (ended !== undefined) result = JSON.parse(ended.value ?? "null");
  }
  if (bytes !== null) throw new Error("the thread has not ended");
  return result;
}
