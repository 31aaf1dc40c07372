// `/threads`: what the commands on threads do, one route for each.

import type { Clock } from "../../clock.js";
import { ask, VERBS, type Verb } from "../../verbs/control.js";
import { type ListedThread, summariesOf } from "../listed-thread.js";
import type { Operator } from "../operator.js";
import { resumeValue, startValue } from "../record-value.js";
import { BadCursor, cursorOf, placeOfCursor } from "../thread-cursor.js";
import type { ThreadDetail } from "../thread-detail.js";
import { isNamed, refName } from "../thread-filter.js";
import { jsonIn, valueIn } from "./body.js";
import { waited } from "./event-lines.js";
import { FILTER, filterIn, flag, flagIn, limit, limitIn, ORDER, text } from "./query.js";
import { type Answer, badRequest, type Content, json, RequestProblem, type Route, type RouteRequest } from "./route.js";
import { object, ref } from "./schema.js";
import { page } from "./schemas.js";
import { STATES, statesOut, THREADS } from "./states.js";
import { threadLines } from "./thread-lines.js";

const WRITTEN: Content = {
  description: "the record is written; a runner runs it when it comes to it",
  schema: ref("Sent"),
};
const HISTORY = object({ history: { type: "array", items: ref("HistoryEntry") } });
const LIVES_NOT: Content = { description: "there is no such thread, or it has ended", schema: ref("Problem") };
const NOT_NOW: Content = { description: "not in the state it is in", schema: ref("Problem") };

export const threadRoutes = (operator: Operator, clock: Clock): Route[] => [
  {
    method: "GET",
    path: "/threads",
    summary: "lists threads of all runners, partition by partition; first those that live",
    query: {
      ...FILTER,
      ...ORDER,
      limit,
      after: text("`next` of the page before"),
      lines: flag('answer with all of them, a thread a line; the last line is {"end":true}'),
    },
    answers: { 200: { description: "a page of them", schema: page("threads", "ThreadSummary") } },
    answer: ({ query }) => listed(operator, query, clock),
  },
  {
    method: "GET",
    path: "/threads/{thread}",
    summary: "what a thread waits for, and where in the source; no workflow code runs",
    answers: { 200: { description: "the thread", schema: ref("ThreadDetail") }, 404: LIVES_NOT },
    answer: async ({ path }) => json(await known(operator, path.thread!)),
  },
  {
    method: "GET",
    path: "/threads/{thread}/history",
    summary: "what happened to a thread, as the topics still tell it",
    query: {
      all: flag("every run that is still there, not only the last"),
      topics: text(
        "where outputs are looked for, separated by commas; *: every topic that can be seen. Absent: those that the bundles declare",
      ),
    },
    answers: { 200: { description: "in the order of its steps", schema: HISTORY } },
    answer: async ({ path, query }) => {
      const topics = query.get("topics");
      const history = await operator.history(path.thread!, {
        all: flagIn(query, "all"),
        ...(topics === null ? {} : { topics: topics.split(",") }),
      });
      return json({ history });
    },
  },
  {
    method: "POST",
    path: "/states",
    summary: "what is kept of threads, whoever has them: docs/state-format.md",
    body: { description: "which", schema: THREADS },
    answers: { 200: { description: "of those that live", schema: STATES } },
    answer: async (request) =>
      json(statesOut(await operator.states(valueIn<{ threads: string[] }>(request, THREADS).threads))),
  },
  {
    method: "POST",
    path: "/threads/{thread}/start",
    summary: "starts a thread",
    query: {
      ifAbsent: flag("do nothing if it lives already"),
      wait: flag("answer with lines: where it was written, pauses, what became of it"),
    },
    body: { description: "the workflow's argument; empty for undefined", schema: {} },
    answers: { 200: WRITTEN },
    answer: async (request) => {
      const record = {
        thread: threadIn(request),
        value: startValue(jsonIn(request), flagIn(request.query, "ifAbsent")),
      };
      if (flagIn(request.query, "wait"))
        return { lines: waited((tell) => runToEnd(operator, record, request.signal, tell)) };
      return json((await operator.send([record]))[0]);
    },
  },
  {
    method: "POST",
    path: "/threads/{thread}/resume",
    summary: "resolves a ref that the thread waits for",
    query: {
      ref: { ...text("its id, or the name in it if only one ref has it"), required: true },
      error: flag("the body is thrown at the await"),
    },
    body: { description: "the value; empty for undefined", schema: {} },
    answers: {
      200: WRITTEN,
      404: LIVES_NOT,
      409: { description: "it does not wait for that, or for more than one of that name", schema: ref("Problem") },
    },
    answer: async (request) => {
      const { pending, thread } = await live(operator, threadIn(request));
      const id = pendingRef(thread, pending, request.query.get("ref")!);
      const value = jsonIn(request);
      const error = flagIn(request.query, "error");
      const payload = error ? { error: value ?? "null" } : value === undefined ? {} : { value };
      return json((await operator.send([{ thread, value: resumeValue(id, payload) }]))[0]);
    },
  },
  ...VERBS.map((verb) => verbRoute(operator, verb)),
];

const SAYS: Readonly<Record<Verb, string>> = {
  cancel: "cancels a thread: its own cleanup runs",
  kill: "ends a thread without running code",
  pause: "pauses a thread: what comes for it waits",
  unpause: "ends a pause; of a thread paused by an error it is a retry",
  retry: "runs the record again that could not be run",
  discard: "forgets the record that could not be run",
  rm: "removes what is left of a thread",
};

function verbRoute(operator: Operator, verb: Verb): Route {
  const rm = verb === "rm";
  return {
    method: "POST",
    path: `/threads/{thread}/${verb}`,
    summary: SAYS[verb],
    query: { reason: text("is kept with it"), ...(rm ? { force: flag("also a thread that lives") } : {}) },
    answers: { 200: WRITTEN, 404: LIVES_NOT, 409: NOT_NOW },
    answer: async (request) => {
      const { query } = request;
      const thread = threadIn(request);
      const force = rm && flagIn(query, "force");
      const found = await known(operator, thread);
      const asked = ask(verb, found, { reason: query.get("reason") ?? undefined, force });
      if ("problem" in asked) throw new RequestProblem(409, "not-now", `${thread} ${asked.problem}`);
      return json((await operator.send([{ thread, value: asked.value }]))[0]);
    },
  };
}

async function runToEnd(
  operator: Operator,
  record: { thread: string; value: string },
  signal: AbortSignal,
  tell: (line: object) => void,
) {
  const options = { anyRun: record.value.startsWith("init:"), onStatus: (status: object) => tell({ status }), signal };
  return { outcome: await operator.runToEnd(record, (sent) => tell({ sent }), options) };
}

async function listed(operator: Operator, query: URLSearchParams, clock: Clock) {
  const most = limitIn(query);
  const after = query.get("after") ?? undefined;
  try {
    if (after !== undefined) placeOfCursor(after);
  } catch (error) {
    throw error instanceof BadCursor ? badRequest(error.message) : error;
  }
  const filter = filterIn(query, clock);
  if (filter.first !== undefined && after !== undefined) throw badRequest("with `order` there is no next page: after");
  if (flagIn(query, "lines")) return { lines: threadLines(operator.list(filter, after)) };
  let threads: readonly ListedThread[] = [];
  for await (const some of operator.list(filter, after)) {
    threads = [...threads, ...some];
    if (threads.length <= most) continue;
    threads = threads.slice(0, most);
    return pageOf(threads, { next: cursorOf(threads.at(-1)!.summary) });
  }
  return pageOf(threads);
}

const pageOf = (threads: readonly ListedThread[], more: object = {}): Answer =>
  json({ threads: summariesOf(threads), ...more });

async function known(operator: Operator, thread: string): Promise<ThreadDetail> {
  const found = await operator.show(thread);
  if (found === undefined) throw new RequestProblem(404, "no-such-thread", `no thread "${thread}" lives here`);
  return found;
}

async function live(operator: Operator, thread: string): Promise<ThreadDetail> {
  const found = await known(operator, thread);
  if (found.stateBytes === undefined)
    throw new RequestProblem(404, "no-such-thread", `thread "${thread}" has ended: ${found.state}`);
  return found;
}

function pendingRef(thread: string, pending: ThreadDetail["pending"], wanted: string): string {
  const found = pending.some(({ id }) => id === wanted)
    ? [wanted]
    : pending.map(({ id }) => id).filter((id) => isNamed(id, wanted));
  if (found.length === 1) return found[0]!;
  const all = pending.map(({ id }) => id).join(", ") || "nothing from outside";
  const message =
    found.length === 0
      ? `${thread} waits for nothing called "${wanted}"; it waits for ${all}`
      : `${thread} waits for ${found.length} refs called "${refName(found[0]!)}": ${found.join(", ")}`;
  throw new RequestProblem(409, "no-such-ref", message);
}

function threadIn({ path }: RouteRequest): string {
  const thread = path.thread!;
  if (thread.includes("|")) throw badRequest(`a thread id has no "|": "${thread}"`);
  return thread;
}
