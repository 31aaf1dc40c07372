import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { WorkflowTest, type WorkflowTestOptions } from "./workflow-test.js";

export type { FakeService, TopicLike } from "./fake-services.js";
export { type Act, type Deed, type Expected, playScenario, request, type Scenario, textOf, timer } from "./scenario.js";
export { type Firing, VirtualScheduler } from "./virtual-scheduler.js";
export {
  type RefLike,
  type TestRecord,
  type ThreadOption,
  WorkflowTest,
  type WorkflowTestOptions,
} from "./workflow-test.js";

/** The workflow of a module: what `typeof import("./index.js")` exports as `default` or `main`. */
type WorkflowOf<Module> = Module extends { default: infer Workflow }
  ? Workflow
  : Module extends { main: infer Workflow }
    ? Workflow
    : unknown;
type InputOf<Module> = WorkflowOf<Module> extends (...args: infer Input) => unknown ? Input[0] : unknown;
type ResultOf<Module> = WorkflowOf<Module> extends (...args: never) => infer Result ? Awaited<Result> : unknown;

// Tests of one file often ask for the same workflow; a process sees one version of its sources.
const built = new Map<string, Promise<string>>();

/**
 * Builds a workflow and gives a harness for it. With the module's type, input and result are typed.
 *
 *     const t = await testWorkflow<typeof import("./index.js")>(new URL("./index.ts", import.meta.url));
 *     const [request] = t.start({ name: "Ada" });
 *     t.resume(JSON.parse(request.value).ref, "Hello");
 *     expect(t.result()).toEqual({ greeting: "Hello" });
 *
 * @throws BuildError
 */
export async function testWorkflow<Module = unknown>(
  entry: URL | string,
  options?: WorkflowTestOptions,
): Promise<WorkflowTest<InputOf<Module>, ResultOf<Module>>> {
  return new WorkflowTest(await buildWorkflow(entry), options);
}

/**
 * The text of a workflow's bundle, for `deploy`.
 * @throws BuildError
 */
export function buildWorkflow(entry: URL | string): Promise<string> {
  const file = typeof entry === "string" ? entry : fileURLToPath(entry);
  let source = built.get(file);
  if (source === undefined) {
    source = build(file).then(({ code }) => code);
    built.set(file, source);
  }
  return source;
}
