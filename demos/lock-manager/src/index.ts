import { type Address, channel, resume, sleep } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import { type Job, job } from "./job.js";

export const manifest: W.Manifest = {
  name: "lock-manager",
  outputTopics: ["lock-manager-granted", "lock-manager-queued", "lock-manager-expired"],
  // A message that is none pauses the lock instead of ending it; an operator can discard it.
  onError: "bugs",
};

export type LockMessage =
  /** `reply` hears of the grant, `holdMS` is how long the owner may have the lock. */
  | { type: "acquire"; owner: string; holdMS?: number; reply?: Address }
  /** Gives back the grant with that token; without one, what the owner has: the lock, or a place in the queue. */
  | { type: "release"; owner: string; token?: number };

export interface Grant {
  lock: string;
  owner: string;
  /** Grows with every grant. What the lock protects can refuse an owner whose time was up: it has a smaller one. */
  token: number;
}

type Request = LockMessage & { type: "acquire" };

/** A bundle with a service and one that uses it: `{ lock }` starts a job, anything else a lock. */
export default async function main(input: Job | { holdMS?: number } = {}) {
  return "lock" in input ? await job(input) : await lock(input);
}

/** One thread is one lock. It lives for ever, grants itself to one owner after the other, and takes itself back in time. */
async function lock({ holdMS = 1000 }: { holdMS?: number }): Promise<never> {
  const messages = channel<LockMessage>("main");
  const queue: Request[] = [];

  for (let token = 1; ; token++) {
    const request = queue.shift() ?? (await firstRequest());
    const grant: Grant = { lock: W.threadId, owner: request.owner, token };
    W.outputJSON(grant, "lock-manager-granted", request.owner);
    if (request.reply) resume(request.reply, grant);
    const released = await Promise.race([release(grant), sleep(request.holdMS ?? holdMS)]);
    if (!released) W.outputJSON(grant, "lock-manager-expired", grant.owner);
  }

  /** Nobody has the lock: there is nothing to release. */
  async function firstRequest(): Promise<Request> {
    for (;;) {
      const message = await messages.receive();
      if (message.type === "acquire") return message;
    }
  }

  /** Queues whoever asks until the owner gives the lock back; a release of somebody else changes nothing. */
  async function release(held: Grant): Promise<true> {
    for (;;) {
      const message = await messages.receive();
      const place = queue.findIndex(({ owner }) => owner === message.owner);
      const isHolder = message.owner === held.owner;
      if (message.type === "acquire") {
        // Asking twice is asking once.
        if (isHolder || place >= 0) continue;
        queue.push(message);
        W.outputJSON(
          { lock: W.threadId, owner: message.owner, position: queue.length },
          "lock-manager-queued",
          message.owner,
        );
      } else if (isHolder && (message.token ?? held.token) === held.token) return true;
      else if (place >= 0 && message.token === undefined) queue.splice(place, 1);
    }
  }
}
