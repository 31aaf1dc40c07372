// The runtime of a bundle whose thread stays in memory from step to step: what is left when nothing is saved and restored.
import runtime, { type RuntimeHost } from "../src/runtime.js";
import { begin, type Event, run } from "../src/step.js";
import { currentThread, type Meta } from "../src/thread.js";

export default function live(host: RuntimeHost) {
  const kit = runtime(host);
  let started = false;
  return {
    ...kit,
    abi(program: { main: unknown; manifest?: unknown }) {
      const { load } = kit.abi(program);
      return {
        load,
        step(event: string, meta: string): string {
          const { ...values } = JSON.parse(meta) as Meta;
          begin(values, started ? currentThread() : undefined);
          started = true;
          return JSON.stringify(run(JSON.parse(event) as Event, program.main as (input: unknown) => unknown, values));
        },
      };
    },
  };
}
