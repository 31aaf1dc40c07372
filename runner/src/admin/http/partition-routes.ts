// `/partitions`: what this runner has of its own, for commands and runners that put together the whole (announced-threads.ts).

import type { Clock } from "../../clock.js";
import { NotHere } from "../live-threads.js";
import type { LocalThreads } from "../local-threads.js";
import { valueIn } from "./body.js";
import { FILTER, filterIn, limit, ORDER, text } from "./query.js";
import { badRequest, type Content, json, LINES, RequestProblem, type Route } from "./route.js";
import { ref } from "./schema.js";
import { STATES, statesOut, THREADS } from "./states.js";
import { threadLines } from "./thread-lines.js";

const ELSEWHERE: Content = { description: "this runner does not have the partition now", schema: ref("Problem") };

export const partitionRoutes = (local: LocalThreads, clock: Clock): Route[] => [
  {
    method: "GET",
    path: "/partitions/{partition}/threads",
    summary: "threads that live in a partition that this runner has, by id",
    query: { ...FILTER, ...ORDER, limit, after: text("only ids behind this one") },
    answers: {
      200: { description: 'a thread a line; the last line is {"end":true}', type: LINES, schema: ref("ThreadSummary") },
      421: ELSEWHERE,
    },
    answer: async ({ path, query }) => {
      const partition = partitionIn(path.partition!);
      const list = local.list(partition, filterIn(query, clock), query.get("after") ?? undefined);
      // Who asks learns at once that there will be an answer; to find the first threads in an order may take long.
      await here(() => local.mustRun(partition));
      return { lines: threadLines(list) };
    },
  },
  {
    method: "GET",
    path: "/partitions/{partition}/threads/{thread}",
    summary: "a thread that lives in a partition that this runner has",
    answers: {
      200: { description: "the thread", schema: ref("ThreadDetail") },
      404: { description: "it does not live", schema: ref("Problem") },
      421: ELSEWHERE,
    },
    answer: async ({ path }) => {
      const found = await here(() => local.show(partitionIn(path.partition!), path.thread!));
      if (found === undefined)
        throw new RequestProblem(404, "no-such-thread", `no thread "${path.thread}" lives there`);
      return json(found);
    },
  },
  {
    method: "POST",
    path: "/partitions/{partition}/states",
    summary: "what is kept of threads of a partition that this runner has: docs/state-format.md",
    body: { description: "which", schema: THREADS },
    answers: { 200: { description: "of those that live", schema: STATES }, 421: ELSEWHERE },
    answer: async (request) => {
      const { threads } = valueIn<{ threads: string[] }>(request, THREADS);
      return json(statesOut(await here(() => local.states(partitionIn(request.path.partition!), threads))));
    },
  },
];

async function here<T>(look: () => Promise<T> | T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof NotHere) throw new RequestProblem(421, "not-here", error.message);
    throw error;
  }
}

function partitionIn(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`"${text}" is no number of a partition`);
  return Number(text);
}
