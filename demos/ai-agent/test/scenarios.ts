import { type Act, type Expected, request, type Scenario, timer } from "@kwf/testing";

const TASK = "Where is o-1?";
const BUDGET = { turns: 4, tokens: 1000, microdollars: 500 };
const TIMES = { modelTimeoutMS: 3000, toolTimeoutMS: 2000, approvalTimeoutMS: 9000 };

type Said = { role: "user" | "assistant" | "tool"; [more: string]: unknown };
interface Call {
  id: string;
  tool: string;
  input: unknown;
}

const audit = (entry: number, type: string, more: object = {}): Expected => [
  "ai-agent-audit",
  { entry, type, ...more },
];
const withdrawn = (call: string): Expected => ["ai-agent-withdrawn", { call }];
const spent = (turns: number, tokens = 0, microdollars = 0) => ({ spent: { turns, tokens, microdollars } });
const usage = (tokens: number, microdollars: number) => ({ tokens, microdollars });
const user: Said = { role: "user", text: TASK };
const assistant = (text: string, calls: Call[]): Said => ({ role: "assistant", text, calls });
const told = (call: string, more: object): Said => ({ role: "tool", call, ...more });

/** The ref of the model's n-th request of a record, and its timer. */
const MODEL = (record: number) => `${record}:ai-agent-model:1`;
const TIMER = (record: number, n = 2) => `${record}:sleep:${n}`;
const asks = (record: number, conversation: Said[], maxTokens: number): Expected[] => [
  request("ai-agent-model", MODEL(record), { conversation, maxTokens }),
  timer(TIMER(record), TIMES.modelTimeoutMS),
];
const answered = (entry: number, text: string, all: ReturnType<typeof spent>): Expected[] => [
  audit(entry, "answered", { answer: text }),
  ["workflow-result", { status: "answered", answer: text, ...all }],
];
const outOfBudget = (entry: number, limit: string, all: ReturnType<typeof spent>): Expected[] => [
  audit(entry, "out-of-budget", { limit }),
  ["workflow-result", { status: "out of budget", limit, ...all }],
];

const starts = (less: object = {}): Act => {
  const budget = { ...BUDGET, ...less };
  return {
    start: { task: TASK, budget, ...TIMES },
    out: [audit(1, "accepted", { task: TASK, budget }), ...asks(0, [user], 1000)],
  };
};

const FIND: Call = { id: "find", tool: "find-order", input: { order: "o-1" } };
const TRACK: Call = { id: "track", tool: "track-parcel", input: { order: "o-1" } };
const REFUND: Call = { id: "refund", tool: "refund", input: { order: "o-1", cents: 4200 } };
const toolRef = (record: number, { tool }: Call, n = 1) => `${record}:ai-agent-tool-${tool}:${n}`;
const uses = (record: number, call: Call, n = 1): Expected[] => [
  request(`ai-agent-tool-${call.tool}`, toolRef(record, call, n), call.input),
  timer(TIMER(record, n + 1), TIMES.toolTimeoutMS),
];

/** Record 1: the model wants these calls; the first turn has cost 10 tokens. */
const wants = (calls: Call[], ...out: Expected[]): Act => ({
  resume: MODEL(0),
  value: { text: "Let me see.", calls, usage: usage(10, 30) },
  out: [timer(TIMER(0)), audit(2, "replied", { text: "Let me see.", calls, ...spent(1, 10, 30) }), ...out],
});
/** The model's last word, to what it was asked in that record. */
const says = (record: number, entry: number, text = "Lost.", turns = 2): Act => {
  const all = spent(turns, 15, 45);
  return {
    resume: MODEL(record),
    value: { text, calls: [], usage: usage(5, 15) },
    out: [
      timer(TIMER(record)),
      audit(entry, "replied", { text, calls: [], ...all }),
      ...answered(entry + 1, text, all),
    ],
  };
};

/** Record 1: a refund, of which a person has to approve. */
const APPROVAL = "1:ai-agent-approval:1";
const approvalAsked = wants(
  [REFUND],
  audit(3, "approval-asked", { call: "refund" }),
  request("ai-agent-approval", APPROVAL, { task: TASK, call: REFUND }),
  timer(TIMER(1), TIMES.approvalTimeoutMS),
);
const afterRefund = (more: object): Said[] => [user, assistant("Let me see.", [REFUND]), told("refund", more)];

/** Record 1: two tools at work. */
const bothUsed = wants(
  [FIND, TRACK],
  audit(3, "tool-used", { call: "find" }),
  audit(4, "tool-used", { call: "track" }),
  ...uses(1, FIND, 1),
  ...uses(1, TRACK, 3),
);
const afterBoth = (found: object, tracked: object): Said[] => [
  user,
  assistant("Let me see.", [FIND, TRACK]),
  told("find", found),
  told("track", tracked),
];

const UNREADABLE =
  'the reply of ai-agent-approval is not valid: approved: Invalid type: Expected boolean but received "yes"';
const NO_TOOL = "no tool toString: there are find-order, track-parcel, refund";
const BAD_INPUT = "the input of refund is not valid: cents: Invalid value: Expected >=1 but received -1";
const wrongCalls: Call[] = [
  { id: "1", tool: "toString", input: {} },
  { id: "2", tool: "refund", input: { order: "o-1", cents: -1 } },
];
const TWICE = "the reply of ai-agent-model is not valid: calls: two calls have the same id";
const unusable = (why: string): Said => ({ role: "user", text: `Your reply could not be used: ${why}` });

export const scenarios: Scenario[] = [
  {
    name: "an answer at once",
    acts: [
      starts(),
      {
        resume: MODEL(0),
        value: { text: "In the shed.", calls: [], usage: usage(7, 21) },
        out: [
          timer(TIMER(0)),
          audit(2, "replied", { text: "In the shed.", calls: [], ...spent(1, 7, 21) }),
          ...answered(3, "In the shed.", spent(1, 7, 21)),
        ],
      },
    ],
  },
  {
    name: "two tools side by side: whichever answers first, the model is told in the order of its calls",
    acts: [
      starts(),
      bothUsed,
      {
        resume: toolRef(1, TRACK, 3),
        value: "lost",
        out: [timer(TIMER(1, 4)), audit(5, "tool-answered", { call: "track", result: "lost" })],
      },
      {
        resume: toolRef(1, FIND),
        value: { item: "teapot" },
        out: [
          timer(TIMER(1)),
          audit(6, "tool-answered", { call: "find", result: { item: "teapot" } }),
          ...asks(3, afterBoth({ result: { item: "teapot" } }, { result: "lost" }), 990),
        ],
      },
      says(3, 7),
    ],
  },
  {
    name: "a dangerous tool is used once a person has approved of it",
    acts: [
      starts(),
      approvalAsked,
      {
        resume: APPROVAL,
        value: { approved: true, by: "ada" },
        out: [
          timer(TIMER(1)),
          audit(4, "approved", { call: "refund", by: "ada" }),
          audit(5, "tool-used", { call: "refund" }),
          ...uses(2, REFUND),
        ],
      },
      {
        resume: toolRef(2, REFUND),
        value: { refunded: 4200 },
        out: [
          timer(TIMER(2)),
          audit(6, "tool-answered", { call: "refund", result: { refunded: 4200 } }),
          ...asks(3, afterRefund({ result: { refunded: 4200 } }), 990),
        ],
      },
      says(3, 7, "Paid back."),
    ],
  },
  {
    name: "refused: nothing is done, the model hears why and goes on; a second decision finds nobody",
    acts: [
      starts(),
      approvalAsked,
      {
        resume: APPROVAL,
        value: { approved: false, by: "ada", comment: "ask for a photo" },
        out: [
          timer(TIMER(1)),
          audit(4, "refused", { call: "refund", by: "ada", comment: "ask for a photo" }),
          audit(5, "tool-failed", { call: "refund", error: "refused by ada: ask for a photo" }),
          ...asks(2, afterRefund({ error: "refused by ada: ask for a photo" }), 990),
        ],
      },
      { resume: APPROVAL, value: { approved: true, by: "eve" }, out: [] },
      says(2, 6, "Please send a photo."),
    ],
  },
  {
    name: "nobody decides in time: it is withdrawn, and an approval that comes later changes nothing",
    acts: [
      starts(),
      approvalAsked,
      { advance: TIMES.approvalTimeoutMS - 1, out: [] },
      {
        advance: 1,
        out: [
          withdrawn("refund"),
          audit(4, "tool-failed", { call: "refund", error: "no reply of ai-agent-approval after 9000 ms" }),
          ...asks(2, afterRefund({ error: "no reply of ai-agent-approval after 9000 ms" }), 990),
        ],
      },
      { resume: APPROVAL, value: { approved: true, by: "ada" }, out: [] },
      says(2, 5, "Nobody has time."),
    ],
  },
  {
    name: "a decision that cannot be read is no approval",
    acts: [
      starts(),
      approvalAsked,
      {
        resume: APPROVAL,
        value: { approved: "yes", by: "ada" },
        out: [
          timer(TIMER(1)),
          audit(4, "tool-failed", { call: "refund", error: UNREADABLE }),
          ...asks(2, afterRefund({ error: UNREADABLE }), 990),
        ],
      },
      says(2, 5),
    ],
  },
  {
    name: "a tool that is none, and input that does not fit: told at once, and nobody is asked for approval",
    acts: [
      starts(),
      wants(
        wrongCalls,
        audit(3, "tool-failed", { call: "1", error: NO_TOOL }),
        audit(4, "tool-failed", { call: "2", error: BAD_INPUT }),
        ...asks(
          1,
          [user, assistant("Let me see.", wrongCalls), told("1", { error: NO_TOOL }), told("2", { error: BAD_INPUT })],
          990,
        ),
      ),
      says(1, 5),
    ],
  },
  {
    name: "a tool refuses, another is too slow: the model is told of both",
    acts: [
      starts(),
      bothUsed,
      {
        resume: toolRef(1, FIND),
        error: "there is no order o-1",
        out: [timer(TIMER(1)), audit(5, "tool-failed", { call: "find", error: "there is no order o-1" })],
      },
      {
        advance: TIMES.toolTimeoutMS,
        out: [
          withdrawn("track"),
          audit(6, "tool-failed", { call: "track", error: "no reply of ai-agent-tool-track-parcel after 2000 ms" }),
          ...asks(
            3,
            afterBoth(
              { error: "there is no order o-1" },
              { error: "no reply of ai-agent-tool-track-parcel after 2000 ms" },
            ),
            990,
          ),
        ],
      },
      { resume: toolRef(1, TRACK, 3), value: "found after all", out: [] },
      says(3, 7),
    ],
  },
  {
    name: "a reply that is not valid, and none in time, cost a turn each, and the model is told",
    acts: [
      starts(),
      {
        resume: MODEL(0),
        value: { text: "Two at once.", calls: [FIND, { ...TRACK, id: "find" }], usage: usage(10, 30) },
        out: [
          timer(TIMER(0)),
          audit(2, "reply-unusable", { error: TWICE, ...spent(1) }),
          ...asks(1, [user, unusable(TWICE)], 1000),
        ],
      },
      {
        advance: TIMES.modelTimeoutMS,
        out: [
          audit(3, "reply-unusable", { error: "no reply of ai-agent-model after 3000 ms", ...spent(2) }),
          ...asks(2, [user, unusable(TWICE), unusable("no reply of ai-agent-model after 3000 ms")], 1000),
        ],
      },
      { resume: MODEL(1), value: { text: "Late.", calls: [], usage: usage(1, 1) }, out: [] },
      {
        resume: MODEL(2),
        value: { text: "Here.", calls: [], usage: usage(5, 15) },
        out: [
          timer(TIMER(2)),
          audit(4, "replied", { text: "Here.", calls: [], ...spent(3, 5, 15) }),
          ...answered(5, "Here.", spent(3, 5, 15)),
        ],
      },
    ],
  },
  {
    name: "the model refuses for good: the agent fails",
    acts: [
      starts(),
      {
        resume: MODEL(0),
        error: "not with these words",
        out: [
          timer(TIMER(0)),
          audit(2, "failed", { error: "not with these words" }),
          ["workflow-error", JSON.stringify("not with these words")],
        ],
      },
    ],
    ends: "failed",
  },
  {
    name: "no turn is left: the tools are not used, for nobody could be told what came of it",
    acts: [starts({ turns: 1 }), wants([REFUND], ...outOfBudget(3, "turns", spent(1, 10, 30)))],
  },
  {
    name: "an answer counts, even where the money is used up by it",
    acts: [
      starts({ microdollars: 40 }),
      wants([FIND], audit(3, "tool-used", { call: "find" }), ...uses(1, FIND)),
      {
        resume: toolRef(1, FIND),
        value: 1,
        out: [
          timer(TIMER(1)),
          audit(4, "tool-answered", { call: "find", result: 1 }),
          ...asks(2, [user, assistant("Let me see.", [FIND]), told("find", { result: 1 })], 990),
        ],
      },
      says(2, 5),
    ],
  },
  {
    name: "the tokens are used up between two turns",
    acts: [
      starts(),
      {
        resume: MODEL(0),
        value: { text: "A long story.", calls: [FIND], usage: usage(1200, 30) },
        out: [
          timer(TIMER(0)),
          audit(2, "replied", { text: "A long story.", calls: [FIND], ...spent(1, 1200, 30) }),
          ...outOfBudget(3, "tokens", spent(1, 1200, 30)),
        ],
      },
    ],
  },
  {
    name: "a budget that is nothing, or no number, allows nothing",
    acts: [
      {
        start: { task: TASK, budget: { tokens: 0 } },
        out: [
          audit(1, "accepted", { task: TASK, budget: { turns: 10, tokens: 0, microdollars: 1_000_000 } }),
          ...outOfBudget(2, "tokens", spent(0)),
        ],
      },
      {
        start: { task: TASK, budget: { turns: "many" } },
        thread: "second",
        out: [
          audit(1, "accepted", { task: TASK, budget: { turns: "many", tokens: 100_000, microdollars: 1_000_000 } }),
          ...outOfBudget(2, "turns", spent(0)),
        ],
      },
    ],
  },
  {
    name: "a reply that comes twice changes nothing, nor does a second start",
    acts: [
      starts(),
      approvalAsked,
      { resume: MODEL(0), value: { text: "Again.", calls: [], usage: usage(1, 1) }, out: [] },
      { start: { task: "another" }, out: [["workflow-dead-letter", `new:${JSON.stringify({ task: "another" })}`]] },
      {
        cancel: "enough",
        out: [
          timer(TIMER(1)),
          withdrawn("refund"),
          audit(4, "cancelled", { reason: "enough" }),
          ["workflow-error", JSON.stringify("CancelToken: enough")],
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "cancelled while the model thinks",
    acts: [
      starts(),
      {
        cancel: "enough",
        out: [
          timer(TIMER(0)),
          audit(2, "cancelled", { reason: "enough" }),
          ["workflow-error", JSON.stringify("CancelToken: enough")],
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "cancelled while tools are at work and a person is asked: all that wait are told, the trail says so, then it ends",
    acts: [
      starts(),
      wants(
        [FIND, REFUND],
        audit(3, "tool-used", { call: "find" }),
        audit(4, "approval-asked", { call: "refund" }),
        request("ai-agent-approval", APPROVAL, { task: TASK, call: REFUND }),
        timer(TIMER(1), TIMES.approvalTimeoutMS),
        ...uses(1, FIND, 3),
      ),
      {
        cancel: "enough",
        out: [
          timer(TIMER(1)),
          timer(TIMER(1, 4)),
          withdrawn("find"),
          withdrawn("refund"),
          audit(5, "cancelled", { reason: "enough" }),
          ["workflow-error", JSON.stringify("CancelToken: enough")],
        ],
      },
    ],
    ends: "cancelled",
  },
];
