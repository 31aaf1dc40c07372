// Routes on what lies on topics: records that are written as they are, dead letters, bundles, timers.

import type { Clock } from "../../clock.js";
import { type DeadLetter, type DeadLetterFilter, NotRedriven, pageAfter, placeOf } from "../dead-letters.js";
import type { Operator, ThreadRecord } from "../operator.js";
import type { Timer } from "../timer-list.js";
import { valueIn } from "./body.js";
import { waited } from "./event-lines.js";
import { flag, flagIn, limit, limitIn, momentIn, text } from "./query.js";
import { badRequest, type Content, json, RequestProblem, type Route } from "./route.js";
import { object, ref, type Schema } from "./schema.js";
import { page } from "./schemas.js";

const RECORDS: Schema = { type: "array", items: ref("Record") };
const IDS: Schema = object({ ids: { type: "array", items: { type: "string" } } });
const NONE: Content = { description: "there is none of that name, or not any more", schema: ref("Problem") };

/** The times of timers are those of threads, of dead letters those of the log. */
export const topicRoutes = (operator: Operator, clock: Clock): Route[] => [
  {
    method: "POST",
    path: "/records",
    summary: "writes records to workflow-resume as they are",
    query: { wait: flag("answer with a line when they have been run and committed") },
    body: { description: "them, in order", schema: RECORDS },
    answers: {
      200: { description: "where they were written", schema: object({ sent: { type: "array", items: ref("Sent") } }) },
    },
    answer: async (request) => {
      const records = valueIn<ThreadRecord[]>(request, RECORDS);
      for (const { thread } of records)
        if (thread === "" || thread.includes("|"))
          throw badRequest(`a thread id is not empty and has no "|": "${thread}"`);
      if (!flagIn(request.query, "wait")) return json({ sent: await operator.send(records) });
      const { signal } = request;
      return { lines: waited(async () => ({ sent: await operator.send(records, { untilRun: true, signal }) })) };
    },
  },
  {
    method: "GET",
    path: "/dead-letters",
    summary: "lists dead letters, newest first",
    query: {
      reason: text("only those, more than one with commas"),
      thread: text("only those with this key"),
      topic: text("only those that came from this topic, without the prefix"),
      since: text("not older than this: a time, or how long ago"),
      limit,
      before: text("`next` of the page before"),
    },
    answers: { 200: { description: "a page of them", schema: page("deadLetters", "DeadLetter") } },
    answer: async ({ query }) => {
      const filter = letterFilter(query);
      const most = limitIn(query);
      const deadLetters: DeadLetter[] = [];
      for await (const one of operator.deadLetters(filter)) {
        if (deadLetters.length === most)
          return json({ deadLetters, next: pageAfter(deadLetters, filter.before).join(",") });
        deadLetters.push(one);
      }
      return json({ deadLetters });
    },
  },
  {
    method: "GET",
    path: "/dead-letters/{id}",
    summary: "one dead letter",
    answers: { 200: { description: "the dead letter", schema: ref("DeadLetter") }, 404: NONE },
    answer: async ({ path }) => {
      const found = await operator.deadLetter(path.id!);
      if (found === undefined)
        throw new RequestProblem(404, "no-such-dead-letter", `there is no dead letter "${path.id}", or not any more`);
      return json(found);
    },
  },
  {
    method: "POST",
    path: "/dead-letters/redrive",
    summary: "writes dead letters back to where they came from: all of them, or none",
    body: { description: "which", schema: IDS },
    answers: {
      200: {
        description: "where they were written",
        schema: object({ redriven: { type: "array", items: ref("Redriven") } }),
      },
      409: { description: "one of them is gone, or cannot be written back", schema: ref("Problem") },
    },
    answer: async (request) => {
      const { ids } = valueIn<{ ids: string[] }>(request, IDS);
      try {
        return json({ redriven: await operator.redrive(ids) });
      } catch (error) {
        if (error instanceof NotRedriven) throw new RequestProblem(409, error.code, error.message);
        throw error;
      }
    },
  },
  {
    method: "GET",
    path: "/bundles",
    summary: "lists published bundles, and who needs them; the oldest first",
    answers: { 200: { description: "all of them", schema: page("bundles", "Bundle") } },
    answer: async () => json({ bundles: await operator.bundles() }),
  },
  {
    method: "GET",
    path: "/bundles/{hash}",
    summary: "the text of a bundle",
    answers: {
      200: { description: "it", schema: object({ hash: { type: "string" }, source: { type: "string" } }) },
      404: NONE,
    },
    answer: async ({ path }) => {
      const source = await operator.bundle(path.hash!);
      if (source === undefined) throw noBundle(path.hash!);
      return json({ hash: path.hash!, source });
    },
  },
  {
    method: "DELETE",
    path: "/bundles/{hash}",
    summary: "removes a bundle that no thread and no runner needs",
    query: { force: flag("also one that is needed") },
    answers: {
      200: { description: "it is removed", schema: object({ hash: { type: "string" } }) },
      404: NONE,
      409: { description: "it is needed", schema: ref("Problem") },
    },
    answer: async ({ path, query }) => {
      const hash = path.hash!;
      if (!flagIn(query, "force")) await mustBeUnused(operator, hash);
      if (!(await operator.removeBundle(hash))) throw noBundle(hash);
      return json({ hash });
    },
  },
  {
    method: "GET",
    path: "/timers",
    summary: "lists timers that have not fired; what is due first comes first",
    query: {
      thread: text("only those of this thread"),
      dueBefore: text("due at or before: a time"),
      limit,
      after: text("`next` of the page before"),
    },
    answers: { 200: { description: "a page of them", schema: page("timers", "Timer") } },
    answer: async ({ query }) => {
      const most = limitIn(query);
      const thread = query.get("thread");
      const dueBefore = momentIn(query, "dueBefore", clock);
      const filter = { ...(thread === null ? {} : { thread }), ...(dueBefore === undefined ? {} : { dueBefore }) };
      return json(await timerPage(operator.timers(filter), query.get("after"), most));
    },
  },
];

function letterFilter(query: URLSearchParams): DeadLetterFilter {
  const reason = query.get("reason");
  const thread = query.get("thread");
  const topic = query.get("topic");
  const since = momentIn(query, "since");
  const before = query.get("before")?.split(",");
  const wrong = before?.find((id) => placeOf(id) === undefined);
  if (wrong !== undefined) throw badRequest(`before is "${wrong}", expected what the page before said as "next"`);
  return {
    ...(reason === null ? {} : { reason: reason.split(",") }),
    ...(thread === null ? {} : { thread }),
    ...(topic === null ? {} : { topic }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  };
}

async function mustBeUnused(operator: Operator, hash: string): Promise<void> {
  const found = (await operator.bundles()).find((one) => one.hash === hash);
  if (found === undefined) throw noBundle(hash);
  if (found.live > 0 || found.runners > 0)
    throw new RequestProblem(
      409,
      "bundle-needed",
      `bundle ${hash} is needed: ${found.live} threads are on it, ${found.runners} runners start new ones on it`,
    );
}

const noBundle = (hash: string): RequestProblem =>
  new RequestProblem(404, "no-such-bundle", `there is no bundle "${hash}"`);

/** A cursor names a moment, and how many of the timers due at it have been given out. */
async function timerPage(all: AsyncIterable<Timer>, after: string | null, most: number) {
  const [, from, given] = /^(-?\d{1,16}):(\d{1,9})$/.exec(after ?? `${Number.MIN_SAFE_INTEGER}:0`) ?? [];
  if (from === undefined) throw badRequest(`after is "${after}", expected what the page before said as "next"`);
  const timers: Timer[] = [];
  let at = Number(from);
  let same = 0;
  for await (const one of all) {
    if (one.at < Number(from)) continue;
    if (timers.length === most) return { timers, next: `${at}:${same}` };
    same = one.at === at ? same + 1 : 1;
    at = one.at;
    if (one.at !== Number(from) || same > Number(given)) timers.push(one);
  }
  return { timers };
}
