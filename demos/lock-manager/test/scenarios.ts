import { type Act, type Expected, request, type Scenario, timer } from "@kwf/testing";

const LOCK = "printer";
const MS = 1000;

const granted = (owner: string, token: number): Expected => [
  "lock-manager-granted",
  { lock: LOCK, owner, token },
  owner,
];
const expired = (owner: string, token: number): Expected => [
  "lock-manager-expired",
  { lock: LOCK, owner, token },
  owner,
];
const queued = (owner: string, position: number): Expected => [
  "lock-manager-queued",
  { lock: LOCK, owner, position },
  owner,
];
/** The holder's timer, set by record `n`. */
const armed = (n: number, ms = MS): Expected => timer(`${n}:sleep:1`, ms, LOCK);
const disarmed = (n: number): Expected => timer(`${n}:sleep:1`, undefined, LOCK);

const opened: Act = { start: { holdMS: MS }, out: [] };
const acquire = (owner: string, ...out: Expected[]): Act => ({
  resume: "main",
  value: { type: "acquire", owner },
  out,
});
const release = (owner: string, token: number | undefined, ...out: Expected[]): Act => ({
  resume: "main",
  value: { type: "release", owner, token },
  out,
});

// What a job sends to the lock, and what the lock answers.
const asks = (owner: string, ref: string, holdMS = MS): Expected[] => [
  ["workflow-resume", "init:{}", LOCK],
  ["workflow-resume", { ref: "main", value: { type: "acquire", owner, holdMS, reply: { thread: owner, ref } } }, LOCK],
];
const gives = (owner: string, ref: string, token: number): Expected => [
  "workflow-resume",
  { ref, value: { lock: LOCK, owner, token } },
  owner,
];
const releases = (owner: string, token?: number): Expected => [
  "workflow-resume",
  { ref: "main", value: { type: "release", owner, token } },
  LOCK,
];
const works = (owner: string, token: number, ref: string): Expected =>
  request("lock-manager-work", ref, { lock: LOCK, token }, owner);
/** `a` is record 0, the lock starts with 1 and grants with 2, `a` works from 3 on; `b` is record 4 and queues with 6. */
const jobA: Act = {
  start: { lock: LOCK, holdMS: MS },
  thread: "a",
  out: [
    ...asks("a", "0:lock:1"),
    granted("a", 1),
    gives("a", "0:lock:1", 1),
    armed(2),
    works("a", 1, "3:lock-manager-work:1"),
  ],
};
const jobB: Act = { start: { lock: LOCK, holdMS: MS }, thread: "b", out: [...asks("b", "4:lock:1"), queued("b", 1)] };

export const scenarios: Scenario[] = [
  {
    name: "granted, released, granted to the next in the order of asking",
    thread: LOCK,
    acts: [
      opened,
      acquire("a", granted("a", 1), armed(1)),
      acquire("b", queued("b", 1)),
      acquire("c", queued("c", 2)),
      release("a", 1, disarmed(1), granted("b", 2), armed(4)),
      release("b", 2, disarmed(4), granted("c", 3), armed(5)),
      release("c", 3, disarmed(5)),
      acquire("a", granted("a", 4), armed(7)),
    ],
    ends: "running",
  },
  {
    name: "a holder whose time is up loses the lock to the next, and its late release changes nothing",
    thread: LOCK,
    acts: [
      opened,
      acquire("a", granted("a", 1), armed(1)),
      acquire("b", queued("b", 1)),
      { advance: MS - 1, out: [] },
      { advance: 1, out: [expired("a", 1), granted("b", 2), armed(3)] },
      release("a", 1),
      acquire("c", queued("c", 1)),
      release("b", 2, disarmed(3), granted("c", 3), armed(6)),
      { advance: MS, out: [expired("c", 3)] },
      acquire("a", granted("a", 4), armed(8)),
    ],
    ends: "running",
  },
  {
    name: "a release by somebody else, with an old token, or of a free lock changes nothing",
    thread: LOCK,
    acts: [
      opened,
      release("a", undefined),
      acquire("a", granted("a", 1), armed(1 + 1)),
      release("b", undefined),
      release("b", 1),
      release("a", 7),
      release("a", 1, disarmed(2)),
      release("a", 1),
      acquire("b", granted("b", 2), armed(8)),
      release("a", 1),
      release("b", undefined, disarmed(8)),
    ],
    ends: "running",
  },
  {
    name: "an owner whose time was up and who asks again cannot give back the new grant with the old token",
    thread: LOCK,
    acts: [
      opened,
      acquire("a", granted("a", 1), armed(1)),
      { advance: MS, out: [expired("a", 1)] },
      acquire("a", granted("a", 2), armed(3)),
      release("a", 1),
      acquire("b", queued("b", 1)),
      release("a", 2, disarmed(3), granted("b", 2 + 1), armed(6)),
    ],
    ends: "running",
  },
  {
    name: "asking twice is asking once; who leaves the queue is not granted",
    thread: LOCK,
    acts: [
      opened,
      acquire("a", granted("a", 1), armed(1)),
      acquire("a"),
      acquire("b", queued("b", 1)),
      acquire("b"),
      acquire("c", queued("c", 2)),
      release("b", 1),
      release("b", undefined),
      release("a", 1, disarmed(1), granted("c", 2), armed(8)),
    ],
    ends: "running",
  },
  {
    name: "release and timer at once: whichever is first counts, and the lock is passed on once",
    thread: LOCK,
    acts: [
      opened,
      acquire("a", granted("a", 1), armed(1)),
      acquire("b", queued("b", 1)),
      release("a", 1, disarmed(1), granted("b", 2), armed(3)),
      { resume: "1:sleep:1", out: [] },
      { resume: "3:sleep:1", out: [expired("b", 2)] },
      release("b", 2),
    ],
    ends: "running",
  },
  {
    name: "the time of a holder is its own, where it says so",
    thread: LOCK,
    acts: [
      opened,
      {
        resume: "main",
        value: { type: "acquire", owner: "a", holdMS: 50 },
        out: [granted("a", 1), armed(1, 50)],
      },
      { advance: 50, out: [expired("a", 1)] },
    ],
    ends: "running",
  },
  {
    name: "two jobs, one lock: the second works when the first is done",
    thread: LOCK,
    acts: [
      jobA,
      jobB,
      {
        resume: "3:lock-manager-work:1",
        value: "printed",
        thread: "a",
        out: [
          releases("a", 1),
          ["workflow-result", JSON.stringify("printed"), "a"],
          disarmed(2),
          granted("b", 2),
          gives("b", "4:lock:1", 2),
          armed(8),
          works("b", 2, "9:lock-manager-work:1"),
        ],
      },
      {
        resume: "9:lock-manager-work:1",
        value: "printed too",
        thread: "b",
        out: [releases("b", 2), ["workflow-result", JSON.stringify("printed too"), "b"], disarmed(8)],
      },
    ],
    ends: "running",
  },
  {
    name: "a job that is cancelled while it queues leaves the queue, and one that is cancelled at work gives the lock back",
    thread: LOCK,
    acts: [
      jobA,
      jobB,
      {
        cancel: "no paper",
        thread: "b",
        out: [releases("b"), ["workflow-error", JSON.stringify("CancelToken: no paper"), "b"]],
      },
      {
        cancel: "no ink",
        thread: "a",
        out: [
          ["lock-manager-stop", { lock: LOCK, token: 1 }, "a"],
          releases("a", 1),
          ["workflow-error", JSON.stringify("CancelToken: no ink"), "a"],
          disarmed(2),
        ],
      },
    ],
    ends: "running",
  },
  {
    name: "a job that fails gives the lock back, and one that is too slow has lost it already",
    thread: LOCK,
    acts: [
      jobA,
      jobB,
      {
        advance: MS,
        out: [
          expired("a", 1),
          granted("b", 2),
          gives("b", "4:lock:1", 2),
          armed(7),
          works("b", 2, "8:lock-manager-work:1"),
        ],
      },
      {
        resume: "3:lock-manager-work:1",
        value: "printed late",
        thread: "a",
        out: [releases("a", 1), ["workflow-result", JSON.stringify("printed late"), "a"]],
      },
      {
        resume: "8:lock-manager-work:1",
        error: "on fire",
        thread: "b",
        out: [releases("b", 2), ["workflow-error", JSON.stringify("on fire"), "b"], disarmed(7)],
      },
    ],
    ends: "running",
  },
];
