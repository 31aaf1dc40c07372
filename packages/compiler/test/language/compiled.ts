import { type InputRecord, loadBundle, type StepOptions, step } from "@kwf/engine";
import { build } from "../../src/build.js";
import { answerFor, type Transcript } from "./transcript.js";

/** Runs a workflow as a bundle, restored from bytes into a fresh realm before every answer. */
export async function runCompiled(file: string): Promise<Transcript> {
  const bundle = loadBundle((await build(file)).code);
  const log: string[] = [];
  let state: Uint8Array | null = null;
  let value = "new:";
  for (let offset = 0; ; offset++) {
    const record: InputRecord = { key: "test", value, offset: String(offset), partition: 0, timestamp: 0 };
    const options: StepOptions = { fresh: true, seed: "test" };
    const result = step(bundle, state, record, options);
    if (result.error !== undefined) throw new Error(`${result.error.message} [${result.error.code}]`);
    for (const { topic, value: text } of result.outputs) {
      if (topic === "log") log.push(text ?? "");
      if (topic === "workflow-result") return { log, end: { result: text === null ? undefined : JSON.parse(text) } };
      if (topic === "workflow-error") return { log, end: { error: JSON.parse(text ?? "null") } };
    }
    const [ref] = result.pending;
    if (ref === undefined) return { log, end: { stuck: true } };
    state = result.state;
    value = JSON.stringify({ ref, ...answerFor(ref.slice(ref.indexOf(":") + 1, ref.lastIndexOf(":"))) });
  }
}
