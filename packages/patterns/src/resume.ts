// What a workflow sends to another thread: the same records that services and operators write to `workflow-resume`.
import * as W from "@kwf/workflow";

const RESUME = "workflow-resume";

/** A ref of a thread: where an answer goes. */
export interface Address {
  thread: string;
  ref: string;
}

/** Where an answer to this ref of the present thread goes. Send it along with a request. */
export const addressOf = (ref: W.Ref<unknown>): Address => ({ thread: W.threadId, ref: ref.id });

/** Answers a ref of another thread. A message for a channel is an answer to the channel's id. */
export function resume({ thread, ref }: Address, value?: unknown): void {
  W.output(JSON.stringify({ ref, value }), RESUME, thread);
}

/** Makes the await of another thread throw `error`, which goes through JSON: a message, or an object of your own. */
export function reject({ thread, ref }: Address, error: unknown): void {
  W.output(JSON.stringify({ ref, error: error ?? null }), RESUME, thread);
}

/** Cancels another thread: it sees a CancelToken at its awaits and cleans up. */
export function cancel(thread: string, reason?: string): void {
  W.output(`ctl:${JSON.stringify({ op: "cancel", reason })}`, RESUME, thread);
}
