import { type Act, type Expected, request, type Scenario, timer } from "@kwf/testing";

const MS = 1000;
/** Where the clock of a test starts. */
const START = Date.UTC(2020, 0, 1);
/** The n-th time of the schedule. */
const time = (n: number) => new Date(START + n * MS);

/** The timer for the n-th time, set by a record. */
const waits = (record: number, n: number): Expected => timer(`${record}:sleep:1`, time(n));
const asks = (record: number, report: number, n: number, missed = 0): Expected[] => [
  request("cron-report-request", `${record}:cron-report-request:1`, { report, due: time(n), missed }),
  timer(`${record}:sleep:2`, 3 * MS),
];
/** The report is there: its time limit is taken back. */
const limitOff = (record: number): Expected => timer(`${record}:sleep:2`);
const failed = (report: number, n: number, error: string): Expected => [
  "cron-report-failed",
  { report, due: time(n), missed: 0, error },
];
const result = (reports: number, missed: number, failures = 0): Expected => [
  "workflow-result",
  { reports, failed: failures, missed },
];

const started: Act = { start: { everyMS: MS, runs: 3 }, out: [waits(0, 1)] };
const first: Act = { advance: MS, out: asks(1, 1, 1) };

const all: Omit<Scenario, "clock">[] = [
  {
    name: "one report after the other, however long each takes: times do not drift",
    acts: [
      started,
      { advance: MS - 1, out: [] },
      { advance: 1, out: asks(1, 1, 1) },
      { advance: 400, out: [] },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(2, 2)] },
      { advance: 600, out: asks(3, 2, 2) },
      { resume: "3:cron-report-request:1", out: [limitOff(3), waits(4, 3)] },
      { advance: MS, out: asks(5, 3, 3) },
      { resume: "5:cron-report-request:1", out: [limitOff(5), result(3, 0)] },
    ],
  },
  {
    name: "overlap: the times that pass while a report is made are missed, and the next is made in time",
    acts: [
      started,
      first,
      { advance: 2 * MS + 1, out: [] },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(2, 4)] },
      { advance: MS - 1, out: asks(3, 2, 4, 2) },
      { resume: "3:cron-report-request:1", out: [limitOff(3), waits(4, 5)] },
    ],
    ends: "running",
  },
  {
    name: "overlap: a time that comes just when a report is done is not missed",
    acts: [
      started,
      first,
      { advance: MS, out: [] },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(2, 2)] },
      { advance: 0, out: asks(3, 2, 2) },
    ],
    ends: "running",
  },
  {
    name: "absence: the latest report that is due is made at once, those before it are missed",
    acts: [
      started,
      { absent: 3 * MS + 300, out: [] },
      { advance: 0, out: asks(1, 1, 3, 2) },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(2, 4)] },
      { advance: 700, out: asks(3, 2, 4) },
    ],
    ends: "running",
  },
  {
    name: "overlap and absence are counted together",
    acts: [
      started,
      first,
      { advance: 1500, out: [] },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(2, 3)] },
      { absent: 2 * MS, out: [] },
      { advance: 0, out: asks(3, 2, 4, 2) },
      { resume: "3:cron-report-request:1", out: [limitOff(3), waits(4, 5)] },
      { advance: 500, out: asks(5, 3, 5) },
      { resume: "5:cron-report-request:1", out: [limitOff(5), result(3, 2)] },
    ],
  },
  {
    name: "a report that fails, and one that takes too long, do not end the schedule",
    acts: [
      started,
      first,
      { resume: "1:cron-report-request:1", error: "no data", out: [limitOff(1), failed(1, 1, "no data"), waits(2, 2)] },
      { advance: MS, out: asks(3, 2, 2) },
      {
        advance: 3 * MS,
        out: [
          failed(2, 2, "TimeoutError: no reply of cron-report-request after 3000 ms"),
          waits(4, 5),
          ...asks(5, 3, 5, 2),
        ],
      },
      { resume: "3:cron-report-request:1", out: [] },
      { resume: "5:cron-report-request:1", out: [limitOff(5), result(3, 2, 2)] },
    ],
  },
  {
    name: "stopped while it waits: the timer is taken back",
    acts: [started, { advance: 500, out: [] }, { resume: "stop", out: [timer("0:sleep:1"), result(0, 0)] }],
  },
  {
    name: "stopped while a report is made: it is finished first",
    acts: [
      started,
      first,
      { resume: "stop", out: [] },
      { resume: "1:cron-report-request:1", out: [limitOff(1), waits(3, 2), timer("3:sleep:1"), result(1, 0)] },
    ],
  },
  {
    name: "cancelled while a report is made",
    acts: [
      started,
      first,
      { cancel: "no more", out: [limitOff(1), ["workflow-error", JSON.stringify("CancelToken: no more")]] },
    ],
    ends: "cancelled",
  },
  {
    name: "every hour, if the input does not say otherwise",
    acts: [
      { start: undefined, out: [timer("0:sleep:1", new Date(START + 3_600_000))] },
      { advance: 3_599_999, out: [] },
      {
        advance: 1,
        out: [
          request("cron-report-request", "1:cron-report-request:1", {
            report: 1,
            due: new Date(START + 3_600_000),
            missed: 0,
          }),
          timer("1:sleep:2", 3 * 3_600_000),
        ],
      },
    ],
    ends: "running",
  },
];

export const scenarios: Scenario[] = all.map((scenario) => ({ ...scenario, clock: true }));
