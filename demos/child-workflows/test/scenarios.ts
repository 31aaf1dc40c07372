import { type Act, type Expected, request, type Scenario, timer } from "@kwf/testing";

const PARENT = "census";
const MS = 60_000;
const TIMER = "0:sleep:3";
const [NORTH, SOUTH] = ["census/north", "census/south"];
/** What the parent waits for, and what each child waits for: the children start with the records 1 and 2. */
const [NORTH_ANSWER, SOUTH_ANSWER] = ["0:north:1", "0:south:2"];
const [NORTH_COUNT, SOUTH_COUNT] = ["1:child-workflows-count:1", "2:child-workflows-count:1"];

const init = (region: string, answer: string): Expected => [
  "workflow-resume",
  `init:${JSON.stringify({ region, parent: { thread: PARENT, ref: answer } })}`,
  `census/${region}`,
];
const asked = (region: string, ref: string): Expected =>
  request("child-workflows-count", ref, { region }, `census/${region}`);
const withdrawn = (region: string): Expected => ["child-workflows-cancel", { region }, `census/${region}`];
const told = (ref: string, answer: object): Expected => ["workflow-resume", { ref, ...answer }, PARENT];
const cancels = (child: string): Expected => ["workflow-resume", 'ctl:{"op":"cancel"}', child];
const failed = (thread: string, error: string): Expected => ["workflow-error", JSON.stringify(error), thread];

const started: Act = {
  start: { regions: ["north", "south"] },
  out: [
    init("north", NORTH_ANSWER),
    init("south", SOUTH_ANSWER),
    timer(TIMER, MS, PARENT),
    asked("north", NORTH_COUNT),
    asked("south", SOUTH_COUNT),
  ],
};
/** The service answers a child, and the child its parent; `then` is what the parent does. */
const counted = (thread: string, ref: string, answer: string, count: number, ...then: Expected[]): Act => ({
  resume: ref,
  value: count,
  thread,
  out: [told(answer, { value: count }), ["workflow-result", count], ...then],
});
/** The child of the south is cancelled by the parent, and the parent hears of it. */
const southGone: Expected[] = [
  withdrawn("south"),
  told(SOUTH_ANSWER, { error: "south: CancelToken: cancelled" }),
  failed(SOUTH, "CancelToken: cancelled"),
];

const NO_NUMBER =
  'InvalidMessageError: the reply of child-workflows-count is not valid: Invalid type: Expected number but received "many"';

export const scenarios: Scenario[] = [
  {
    name: "the parent combines what the children answer, in whatever order they do",
    thread: PARENT,
    acts: [
      started,
      counted(SOUTH, SOUTH_COUNT, SOUTH_ANSWER, 30),
      counted(NORTH, NORTH_COUNT, NORTH_ANSWER, 12, timer(TIMER, undefined, PARENT), [
        "workflow-result",
        { total: 42, regions: { north: 12, south: 30 } },
        PARENT,
      ]),
    ],
  },
  {
    name: "a child fails: the other is cancelled, and the parent waits until it has cleaned up",
    thread: PARENT,
    acts: [
      started,
      {
        resume: NORTH_COUNT,
        error: "no such region",
        thread: NORTH,
        out: [
          told(NORTH_ANSWER, { error: "north: no such region" }),
          failed(NORTH, "no such region"),
          cancels(SOUTH),
          ...southGone,
          timer(TIMER, undefined, PARENT),
          failed(PARENT, "north: no such region"),
        ],
      },
    ],
    ends: "failed",
  },
  {
    name: "a count that is no number is a failure of its child",
    thread: PARENT,
    acts: [
      started,
      {
        resume: NORTH_COUNT,
        value: "many",
        thread: NORTH,
        out: [
          told(NORTH_ANSWER, { error: `north: ${NO_NUMBER}` }),
          failed(NORTH, NO_NUMBER),
          cancels(SOUTH),
          ...southGone,
          timer(TIMER, undefined, PARENT),
          failed(PARENT, `north: ${NO_NUMBER}`),
        ],
      },
    ],
    ends: "failed",
  },
  {
    name: "time is up: whoever has not answered is cancelled",
    thread: PARENT,
    acts: [
      started,
      counted(NORTH, NORTH_COUNT, NORTH_ANSWER, 12),
      {
        advance: MS,
        out: [cancels(SOUTH), ...southGone, failed(PARENT, "TimeoutError: no result after 60000 ms")],
      },
    ],
    ends: "failed",
  },
  {
    name: "the parent is cancelled: so are its children",
    thread: PARENT,
    acts: [
      started,
      counted(NORTH, NORTH_COUNT, NORTH_ANSWER, 12),
      {
        cancel: "not this year",
        out: [
          cancels(SOUTH),
          timer(TIMER, undefined, PARENT),
          ...southGone,
          failed(PARENT, "CancelToken: not this year"),
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "a child is cancelled by an operator: its parent hears of it, as of any failure",
    thread: PARENT,
    acts: [
      started,
      counted(NORTH, NORTH_COUNT, NORTH_ANSWER, 12),
      {
        cancel: "by hand",
        thread: SOUTH,
        out: [
          withdrawn("south"),
          told(SOUTH_ANSWER, { error: "south: CancelToken: by hand" }),
          failed(SOUTH, "CancelToken: by hand"),
          timer(TIMER, undefined, PARENT),
          failed(PARENT, "south: CancelToken: by hand"),
        ],
      },
    ],
    ends: "failed",
  },
  {
    name: "an answer that comes after the child was cancelled finds nobody",
    thread: PARENT,
    acts: [
      started,
      counted(NORTH, NORTH_COUNT, NORTH_ANSWER, 12),
      {
        advance: MS,
        out: [cancels(SOUTH), ...southGone, failed(PARENT, "TimeoutError: no result after 60000 ms")],
      },
      {
        resume: SOUTH_COUNT,
        value: 30,
        thread: SOUTH,
        out: [["workflow-dead-letter", { ref: SOUTH_COUNT, value: 30 }]],
      },
    ],
    ends: "failed",
  },
];
