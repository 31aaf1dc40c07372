import { type Act, type Expected, request, type Scenario } from "@kwf/testing";

const [HERE, THERE] = ["1 Here Street", "2 There Road"];
const asked = (what: string, status: string, ref: string, address = HERE): Expected =>
  request(`queries-updates-${what}`, ref, { product: "teapot", address, status });
const reply = (replyTo: string, answer: object): Expected => ["queries-updates-reply", { replyTo, ...answer }];
const order = (status: string, address = HERE) => ({ value: { product: "teapot", address, status } });
const result = (address: string, parcel: string): Expected => [
  "workflow-result",
  { product: "teapot", address, status: "shipped", parcel },
];

const AUTHORIZE = "0:queries-updates-authorize:1";
const started: Act = {
  start: { product: "teapot", address: HERE, replyTo: "start" },
  out: [asked("authorize", "new", AUTHORIZE)],
};
const get = (replyTo: string, ...out: Expected[]): Act => ({
  resume: "main",
  value: { type: "getOrder", replyTo },
  out,
});
const set = (address: unknown, replyTo: string, ...out: Expected[]): Act => ({
  resume: "main",
  value: { type: "setAddress", address, replyTo },
  out,
});

export const scenarios: Scenario[] = [
  {
    name: "a query is answered at every stage, and changes nothing",
    acts: [
      started,
      get("q-1", reply("q-1", order("new"))),
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed")), asked("pack", "confirmed", "2:queries-updates-pack:1")],
      },
      get("q-2", reply("q-2", order("confirmed"))),
      get("q-3", reply("q-3", order("confirmed"))),
      { resume: "2:queries-updates-pack:1", out: [asked("ship", "shipping", "5:queries-updates-ship:1")] },
      get("q-4", reply("q-4", order("shipping"))),
      { resume: "5:queries-updates-ship:1", value: "p-1", out: [result(HERE, "p-1")] },
    ],
  },
  {
    name: "an update changes the order, and its reply has what was before",
    acts: [
      started,
      set(THERE, "u-1", reply("u-1", { value: { previous: HERE } })),
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed", THERE)), asked("pack", "confirmed", "2:queries-updates-pack:1", THERE)],
      },
      set(HERE, "u-2", reply("u-2", { value: { previous: THERE } })),
      get("q-1", reply("q-1", order("confirmed", HERE))),
      { resume: "2:queries-updates-pack:1", out: [asked("ship", "shipping", "5:queries-updates-ship:1", HERE)] },
      { resume: "5:queries-updates-ship:1", value: "p-1", out: [result(HERE, "p-1")] },
    ],
  },
  {
    name: "an update that is not valid is refused with the reason",
    acts: [
      started,
      set("", "u-1", reply("u-1", { error: "an address is a text that is not empty" })),
      set(undefined, "u-2", reply("u-2", { error: "an address is a text that is not empty" })),
      get("q-1", reply("q-1", order("new"))),
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed")), asked("pack", "confirmed", "4:queries-updates-pack:1")],
      },
      { resume: "4:queries-updates-pack:1", out: [asked("ship", "shipping", "5:queries-updates-ship:1")] },
      set(THERE, "u-3", reply("u-3", { error: `the parcel is on its way to ${HERE}` })),
      { resume: "5:queries-updates-ship:1", value: "p-1", out: [result(HERE, "p-1")] },
    ],
  },
  {
    name: "early return: who started the order hears of it once, and it goes on",
    acts: [
      started,
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed")), asked("pack", "confirmed", "1:queries-updates-pack:1")],
      },
      { resume: AUTHORIZE, out: [] },
    ],
    ends: "running",
  },
  {
    name: "early return of a refusal: the reply has the error, and so has the end",
    acts: [
      started,
      {
        resume: AUTHORIZE,
        error: "no money",
        out: [reply("start", { error: "no money" }), ["workflow-error", JSON.stringify("no money")]],
      },
    ],
    ends: "failed",
  },
  {
    name: "nobody has asked for an early reply: there is none",
    acts: [
      { start: { product: "teapot", address: HERE }, out: [asked("authorize", "new", AUTHORIZE)] },
      { resume: AUTHORIZE, out: [asked("pack", "confirmed", "1:queries-updates-pack:1")] },
    ],
    ends: "running",
  },
  {
    name: "a message that nobody knows is dropped, and one after the end finds nobody",
    acts: [
      started,
      { resume: "main", value: { type: "dance" }, out: [] },
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed")), asked("pack", "confirmed", "2:queries-updates-pack:1")],
      },
      { resume: "2:queries-updates-pack:1", out: [asked("ship", "shipping", "3:queries-updates-ship:1")] },
      { resume: "3:queries-updates-ship:1", value: "p-1", out: [result(HERE, "p-1")] },
      get("q-1", ["workflow-dead-letter", { ref: "main", value: { type: "getOrder", replyTo: "q-1" } }]),
    ],
  },
  {
    name: "a message that is none pauses the order; once an operator has discarded it, what came behind it is answered",
    acts: [
      started,
      { resume: "main", value: null, out: [] },
      get("q-1"),
      { resume: AUTHORIZE, out: [] },
      {
        send: 'ctl:{"op":"discard"}',
        out: [
          reply("q-1", order("new")),
          reply("start", order("confirmed")),
          asked("pack", "confirmed", "3:queries-updates-pack:1"),
        ],
      },
    ],
    ends: "running",
  },
  {
    name: "cancelled before it is sure: who waits for the early reply hears of that too",
    acts: [
      started,
      {
        cancel: "changed my mind",
        out: [
          reply("start", { error: "CancelToken: changed my mind" }),
          ["workflow-error", JSON.stringify("CancelToken: changed my mind")],
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "cancelled after the early reply",
    acts: [
      started,
      {
        resume: AUTHORIZE,
        out: [reply("start", order("confirmed")), asked("pack", "confirmed", "1:queries-updates-pack:1")],
      },
      { cancel: "sold out", out: [["workflow-error", JSON.stringify("CancelToken: sold out")]] },
    ],
    ends: "cancelled",
  },
];
