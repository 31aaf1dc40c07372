// How a workflow uses a lock. Copy it beside a lock service of your own.
import { addressOf, resume } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import type { Grant, LockMessage } from "./index.js";

/** Runs `work` while this thread has the lock. Failed or cancelled, queueing or working, it gives back what it has. */
export async function withLock<T>(lock: string, holdMS: number, work: (grant: Grant) => Promise<T>): Promise<T> {
  const owner = W.threadId;
  const send = (message: LockMessage): void => resume({ thread: lock, ref: "main" }, message);

  const granted = W.ref<Grant>("lock");
  W.ensureThread({}, lock);
  send({ type: "acquire", owner, holdMS, reply: addressOf(granted) });
  let grant: Grant | undefined;
  try {
    grant = await granted;
    return await work(grant);
  } finally {
    send({ type: "release", owner, token: grant?.token });
  }
}
