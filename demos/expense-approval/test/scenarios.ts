import { type Scenario, timer } from "@kwf/testing";

const input = {
  amount: 420,
  requester: "ada",
  approverEmail: "lead@example.com",
  description: "Conference",
  approvalTimeoutMS: 1000,
  reminderTimeoutMS: 2000,
};
const { approvalTimeoutMS: _, reminderTimeoutMS: __, ...asked } = input;
const expense = { expenseId: "test", ...asked };

const REQUESTED = "0:requested:1";
const REQUEST_TIMER = "0:sleep:2";
const request = [
  "expense-approval-request",
  { ...expense, decisionRef: REQUESTED, stage: "requested", timeoutMS: 1000 },
] as const;
const requested = [request, timer(REQUEST_TIMER, 1000)];

/** The timer of the request was record 1. */
const REMINDED = "1:reminded:1";
const REMINDER_TIMER = "1:sleep:2";
const reminder = [
  "expense-approval-reminder",
  { ...expense, decisionRef: REMINDED, stage: "reminded", timeoutMS: 2000 },
] as const;
const reminded = [reminder, timer(REMINDER_TIMER, 2000)];

const escalated = { status: "escalated", ...expense, stage: "reminded" };
const escalation = [["expense-approval-escalated", escalated] as const, ["workflow-result", escalated] as const];

const approve = { type: "approve", decidedBy: "lead@example.com", comment: "Have fun" };
const reject = { type: "reject", decidedBy: "lead@example.com" };

const decided = (status: "approved" | "rejected", stage: string, comment?: string) => {
  const result = { status, ...expense, stage, decidedBy: "lead@example.com", comment };
  return [[`expense-approval-${status}`, result] as const, ["workflow-result", result] as const];
};

export const scenarios: Scenario[] = [
  {
    name: "approved at once: the timer is taken back",
    acts: [
      { start: input, out: requested },
      {
        resume: REQUESTED,
        value: approve,
        out: [timer(REQUEST_TIMER), ...decided("approved", "requested", "Have fun")],
      },
    ],
  },
  {
    name: "rejected at once",
    acts: [
      { start: input, out: requested },
      { advance: 999, out: [] },
      { resume: REQUESTED, value: reject, out: [timer(REQUEST_TIMER), ...decided("rejected", "requested")] },
    ],
  },
  {
    name: "approved after the reminder",
    acts: [
      { start: input, out: requested },
      { advance: 1000, out: reminded },
      { advance: 1999, out: [] },
      {
        resume: REMINDED,
        value: approve,
        out: [timer(REMINDER_TIMER), ...decided("approved", "reminded", "Have fun")],
      },
    ],
  },
  {
    name: "rejected after the reminder",
    acts: [
      { start: input, out: requested },
      { advance: 1000, out: reminded },
      { resume: REMINDED, value: reject, out: [timer(REMINDER_TIMER), ...decided("rejected", "reminded")] },
    ],
  },
  {
    name: "nobody decides: escalated",
    acts: [
      { start: input, out: requested },
      { advance: 1000, out: reminded },
      { advance: 2000, out: escalation },
    ],
  },
  {
    name: "an answer to the request after the reminder was sent is late: the reminder has a ref of its own",
    acts: [
      { start: input, out: requested },
      { advance: 1000, out: reminded },
      { resume: REQUESTED, value: approve, out: [] },
      { advance: 2000, out: escalation },
    ],
  },
  {
    name: "a decision after the escalation finds nobody",
    acts: [
      { start: input, out: requested },
      { advance: 3000, out: [...reminded, ...escalation] },
      {
        resume: REMINDED,
        value: approve,
        out: [["workflow-dead-letter", { ref: REMINDED, value: approve }]],
      },
    ],
  },
  {
    name: "what is no decision is as good as none: the reminder goes out",
    acts: [
      { start: input, out: requested },
      {
        resume: REQUESTED,
        value: { type: "maybe", decidedBy: "lead@example.com" },
        out: [timer(REQUEST_TIMER), ...reminded],
      },
      { resume: REMINDED, value: "approve", out: [timer(REMINDER_TIMER), ...escalation] },
    ],
  },
  {
    name: "decision and timer at once, the decision first: the timer that has fired already is late",
    acts: [
      { start: input, out: requested },
      { resume: REQUESTED, value: reject, out: [timer(REQUEST_TIMER), ...decided("rejected", "requested")] },
      { resume: REQUEST_TIMER, out: [["workflow-dead-letter", { ref: REQUEST_TIMER }]] },
    ],
  },
  {
    name: "decision and timer at once, the timer first: the reminder goes out",
    acts: [
      { start: input, out: requested },
      { resume: REQUEST_TIMER, out: reminded },
      { resume: REQUESTED, value: reject, out: [] },
      { resume: REMINDED, value: reject, out: [timer(REMINDER_TIMER), ...decided("rejected", "reminded")] },
    ],
  },
  {
    name: "a decision that comes twice changes nothing",
    acts: [
      { start: input, out: requested },
      {
        resume: REQUESTED,
        value: approve,
        out: [timer(REQUEST_TIMER), ...decided("approved", "requested", "Have fun")],
      },
      { resume: REQUESTED, value: reject, out: [["workflow-dead-letter", { ref: REQUESTED, value: reject }]] },
    ],
  },
  {
    name: "300 ms each, if the input does not say otherwise",
    acts: [
      {
        start: asked,
        out: [[request[0], { ...request[1], timeoutMS: 300 }], timer(REQUEST_TIMER, 300)],
      },
      {
        advance: 300,
        out: [[reminder[0], { ...reminder[1], timeoutMS: 300 }], timer(REMINDER_TIMER, 300)],
      },
      { advance: 300, out: escalation },
    ],
  },
  {
    name: "the service cannot ask: its error ends the workflow",
    acts: [
      { start: input, out: requested },
      {
        resume: REQUESTED,
        error: "no such approver",
        out: [timer(REQUEST_TIMER), ["workflow-error", JSON.stringify("no such approver")]],
      },
    ],
    ends: "failed",
  },
  {
    name: "cancelled while it waits: the timer is taken back",
    acts: [
      { start: input, out: requested },
      {
        cancel: "withdrawn",
        out: [timer(REQUEST_TIMER), ["workflow-error", JSON.stringify("CancelToken: withdrawn")]],
      },
    ],
    ends: "cancelled",
  },
];
