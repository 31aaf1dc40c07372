// What workflow code imports. In a bundle these are the names of api.ts, and `threadId`, `stepId` and `config` have the
// running step's values; outside of a bundle (editors, unit tests of helpers) they are empty.
export { CancellationScope, CancelToken, cancelScope, withCancellationScope } from "./cancellation.js";
export type { InputRecord, InputRoute, Manifest } from "./manifest.js";
export { declareTopic, ensureThread, type OutputOptions, output, outputJSON } from "./output.js";
export { type Ref, ref, refId } from "./ref.js";

/** The key of this thread on every topic. */
export const threadId: string = "";

/** Which record this step handles: its offset. */
export const stepId: string = "";

/** What the runner was given with `--config`, frozen; never saved. Copy a value into a local to keep it. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the runner's business
export const config: any = undefined;

const WorkflowPromise = Promise;
type WorkflowPromise<T> = Promise<T>;

/** The global one, which in a bundle is durable. */
export { WorkflowPromise as Promise };
