import { type Address, addressOf, cancel, reject, resume, timeout, topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import * as v from "valibot";

export const manifest: W.Manifest = { name: "child-workflows" };

const counts = topic<{ region: string }, number>("child-workflows-count", { reply: v.number() });
const cancellations = topic<{ region: string }>("child-workflows-cancel");

interface Census {
  regions: string[];
  /** How long all regions may take together. */
  timeoutMS?: number;
}

interface Region {
  region: string;
  /** Who waits for the count. */
  parent: Address;
}

/** One bundle, two workflows: what a thread was started with says which of them it is. */
export default async function main(input: Census | Region) {
  return "parent" in input ? await countRegion(input) : await census(input);
}

/** The parent: a child for each region, side by side, and the sum of what they count. All of them, or none. */
async function census({ regions, timeoutMS = 60_000 }: Census) {
  const counted = await timeout(timeoutMS, Promise.all(regions.map(startChild)));
  const total = counted.reduce((sum, count) => sum + count, 0);
  return { total, regions: Object.fromEntries(regions.map((region, i) => [region, counted[i]])) };
}

/** Starts the child thread of a region and waits for its answer, as for that of any service. */
async function startChild(region: string): Promise<number> {
  const child = `${W.threadId}/${region}`;
  const answer = W.ref<number>(region);
  W.ensureThread({ region, parent: addressOf(answer) } satisfies Region, child);
  try {
    return await answer;
  } catch (reason) {
    if (reason instanceof W.CancelToken) {
      cancel(child);
      // Its last word, an answer or an error: the parent does not go on before the child has cleaned up.
      await answer.catch(() => {});
    }
    throw reason;
  }
}

/** The child: asks a service, which may take long, and answers its parent. */
async function countRegion({ region, parent }: Region) {
  try {
    const count = await counts.request({ region });
    resume(parent, count);
    return count;
  } catch (error) {
    if (error instanceof W.CancelToken) cancellations.send({ region });
    reject(parent, `${region}: ${error}`);
    throw error;
  }
}
