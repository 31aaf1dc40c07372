import { type Act, type Expected, type Scenario, timer } from "@kwf/testing";

type Kind = "car" | "hotel" | "flight" | "taxi";

const HOUR = 3_600_000;
const TRIP = "trip-1";
const MANAGER = "manager";
const UPGRADE = "versioning-upgrade";

const version = (major: number, minor: number, patch = 0) => ({ major, minor, patch });
const V1_0 = version(1, 0);
const V1_1 = version(1, 1);
const V2_0 = version(2, 0);
const short = ({ major, minor }: typeof V1_0) => `v${major}.${minor}`;

/** As a version books it. */
const booking = (kind: Kind, by = V1_0) => {
  const reservationId = `${TRIP}:${kind}:${short(by)}`;
  return { kind, reservationId, releaseId: `${TRIP}:${kind}:${reservationId}:release` };
};
const request = (kind: Kind, ref: string, by: typeof V1_0) => {
  const { reservationId } = booking(kind, by);
  return { ref, bookingId: TRIP, reservationId, kind };
};
const reserve = (kind: Kind, ref: string, by = V1_0): Expected => [
  `versioned-reserve-${kind}`,
  request(kind, ref, by),
  TRIP,
];
/** Of what is in flight. */
const withdraw = (kind: Kind, ref: string, by = V1_0): Expected => [
  `versioned-cancel-${kind}`,
  request(kind, ref, by),
  TRIP,
];
/** Of what is booked. */
const cancel = (kind: Kind, by = V1_0): Expected => {
  const { reservationId } = booking(kind, by);
  return [`versioned-cancel-${kind}`, { bookingId: TRIP, reservationId, kind }, TRIP];
};

const start = (of: typeof V1_0, payload: object = {}) => ({
  workflow: "trip-booking-versioned",
  version: of,
  kind: "start",
  bookingId: TRIP,
  payload,
});
const handoff = (to: typeof V1_0, booked: object[], input: object = {}) => ({
  workflow: "trip-booking-versioned",
  version: to,
  kind: "handoff",
  bookingId: TRIP,
  payload: { fromVersion: V1_0, toVersion: to, input, booked },
});

/** The refs of a version that is started with record 0: the third is the car's, or the taxi's. */
const [HOTEL, FLIGHT] = ["0:hotel:1", "0:flight:2"];
const CAR = "0:car:3";
const TAXI = "0:taxi:3";

const started1_0 = (payload?: object): Act => ({
  start: start(V1_0, payload),
  out: [
    reserve("hotel", HOTEL),
    reserve("flight", FLIGHT),
    reserve("car", CAR),
    ["versioning-await-upgrade", { ref: UPGRADE, currentVersion: V1_0 }],
  ],
});
const accepted = (ref: string, ...out: Expected[]): Act => ({ resume: ref, value: { accepted: true }, out });

const trip = (of: typeof V1_0, hotel: object, flight: object, transport: object): Expected => [
  "workflow-result",
  { version: of, bookingId: TRIP, hotel, flight, transport },
  TRIP,
];
const error = (text: string): Expected => ["workflow-error", JSON.stringify(`Error: ${text}`), TRIP];

/** The manager tells the trip once, and `then` is what the trip does. */
const upgraded = (target: typeof V1_0, ...then: Expected[]): Act => {
  const target1 = { bookingId: TRIP, ref: UPGRADE };
  return {
    thread: MANAGER,
    start: {
      workflow: "versioning-upgrade-manager",
      command: { workflow: "trip-booking-versioned", targetVersion: target, targets: [target1] },
    },
    out: [
      ["versioning-upgrade-dispatch", { ...target1, targetVersion: target }, TRIP],
      ["workflow-resume", { ref: UPGRADE, value: { targetVersion: target } }, TRIP],
      ["workflow-result", { targetVersion: target, dispatched: [TRIP], skipped: [] }, MANAGER],
      ...then,
    ],
  };
};

// ------------------------------------------------------------------------------------------ release

const releaseThread = (kind: Kind) => `versioning-release:${booking(kind).releaseId}`;
const retainRef = (kind: Kind) => `versioning-retain:${booking(kind).releaseId}`;
const release = (kind: Kind, delayMS = HOUR) => ({ bookingId: TRIP, resource: booking(kind), delayMS });
/** What 1.0 puts out for a booking that it leaves. */
const released = (kind: Kind, delayMS = HOUR): Expected[] => [
  ["versioning-release-start", release(kind, delayMS), TRIP],
  [
    "workflow-resume",
    `init:${JSON.stringify({ workflow: "versioning-delayed-release", command: release(kind, delayMS) })}`,
    releaseThread(kind),
  ],
];
/** What the thread of a release, started with that record, puts out at first. */
const releasing = (kind: Kind, record: number, delayMS = HOUR): Expected[] => [
  [
    "versioning-await-retain",
    { ref: retainRef(kind), bookingId: TRIP, releaseId: booking(kind).releaseId },
    releaseThread(kind),
  ],
  timer(`${record}:sleep:1`, delayMS, releaseThread(kind)),
];
const fired = (kind: Kind, delayMS = HOUR): Expected[] => [
  ["versioning-release-fired", release(kind, delayMS), releaseThread(kind)],
  ["workflow-result", { released: booking(kind).reservationId }, releaseThread(kind)],
];
const retain = (kind: Kind) => {
  const { releaseId, reservationId } = booking(kind);
  return { bookingId: TRIP, releaseId, reservationId, kind };
};
/** What 1.1 puts out for a booking that it takes over. */
const adopted = (kind: Kind): Expected[] => [
  ["versioning-release-cancel", retain(kind), TRIP],
  ["workflow-resume", { ref: retainRef(kind), value: retain(kind) }, releaseThread(kind)],
];
/** And what the release does, which has been started with that record. */
const retained = (kind: Kind, record: number, delayMS = HOUR): Expected[] => [
  timer(`${record}:sleep:1`, undefined, releaseThread(kind)),
  ["versioning-release-retained", release(kind, delayMS), releaseThread(kind)],
  ["workflow-result", { retained: booking(kind).reservationId }, releaseThread(kind)],
];

/** Hotel and flight are records 1 and 2, the manager and its command 3 and 4: the releases start with 5 and 6. */
const handedOver: Act[] = [
  started1_0(),
  accepted(HOTEL),
  accepted(FLIGHT),
  upgraded(
    V1_1,
    withdraw("car", CAR),
    ...released("hotel"),
    ...released("flight"),
    ["versioning-handoff", handoff(V1_1, [booking("hotel"), booking("flight")]), TRIP],
    [
      "workflow-result",
      {
        status: "upgraded",
        fromVersion: V1_0,
        toVersion: V1_1,
        booked: ["hotel" as const, "flight" as const].map((kind) => {
          const { reservationId } = booking(kind);
          return { kind, reservationId };
        }),
      },
      TRIP,
    ],
    ...releasing("hotel", 5),
    ...releasing("flight", 6),
  ),
];
const nothingToHandOver = upgraded(
  V1_1,
  withdraw("hotel", HOTEL),
  withdraw("flight", FLIGHT),
  withdraw("car", CAR),
  ["versioning-handoff", handoff(V1_1, []), TRIP],
  ["workflow-result", { status: "upgraded", fromVersion: V1_0, toVersion: V1_1, booked: [] }, TRIP],
);
/** Record 7 starts 1.1, 8 and 9 retain the bookings. */
const NEXT_CAR = "7:car:1";
const takenOver: Act = {
  start: handoff(V1_1, [booking("hotel"), booking("flight")]),
  out: [
    ...adopted("hotel"),
    ...adopted("flight"),
    reserve("car", NEXT_CAR, V1_1),
    ...retained("hotel", 5),
    ...retained("flight", 6),
  ],
};
const NEXT_TAXI = "10:taxi:1";
const noCar: Act = { resume: NEXT_CAR, error: "car unavailable", out: [reserve("taxi", NEXT_TAXI, V1_1)] };

const starts1_1 = (patch: number): Act => ({
  start: start(version(1, 1, patch)),
  out: [reserve("hotel", HOTEL, V1_1), reserve("flight", FLIGHT, V1_1), reserve("car", CAR, V1_1)],
});

const played: Scenario[] = [
  {
    name: "1.0 books a hotel, a flight and a car",
    acts: [
      started1_0(),
      accepted(CAR),
      accepted(HOTEL),
      accepted(FLIGHT, trip(V1_0, booking("hotel"), booking("flight"), booking("car"))),
    ],
  },
  {
    name: "1.0: one is refused, what is in flight is withdrawn and what is booked cancelled",
    acts: [
      started1_0(),
      accepted(HOTEL),
      {
        resume: FLIGHT,
        error: "sold out",
        out: [withdraw("car", CAR), cancel("hotel"), ["workflow-error", JSON.stringify("sold out")]],
      },
    ],
    ends: "failed",
  },
  {
    name: "1.0: cancelled by an operator, the last booking is undone first",
    acts: [
      started1_0(),
      accepted(FLIGHT),
      accepted(HOTEL),
      {
        cancel: "not this year",
        out: [
          withdraw("car", CAR),
          cancel("hotel"),
          cancel("flight"),
          ["workflow-error", JSON.stringify("CancelToken: not this year")],
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "minor upgrade: 1.1 takes over what is booked, and a taxi where there is no car",
    acts: [
      ...handedOver,
      { advance: HOUR - 1, out: [] },
      takenOver,
      noCar,
      accepted(NEXT_TAXI, trip(V1_1, booking("hotel"), booking("flight"), booking("taxi", V1_1))),
      { advance: HOUR, out: [] },
    ],
  },
  {
    name: "minor upgrade: the car is there",
    acts: [
      ...handedOver,
      takenOver,
      accepted(NEXT_CAR, trip(V1_1, booking("hotel"), booking("flight"), booking("car", V1_1))),
    ],
  },
  {
    name: "minor upgrade: neither car nor taxi, what was taken over is cancelled too",
    acts: [
      ...handedOver,
      takenOver,
      noCar,
      {
        resume: NEXT_TAXI,
        error: "no taxi",
        out: [cancel("flight"), cancel("hotel"), ["workflow-error", JSON.stringify("no taxi")]],
      },
    ],
    ends: "failed",
  },
  {
    name: "minor upgrade before anything is booked: nothing to release, 1.1 books all",
    acts: [
      started1_0(),
      nothingToHandOver,
      {
        start: handoff(V1_1, []),
        out: [
          reserve("hotel", "3:hotel:1", V1_1),
          reserve("flight", "3:flight:2", V1_1),
          reserve("car", "3:car:3", V1_1),
        ],
      },
    ],
    ends: "running",
  },
  {
    name: "an answer to 1.0 after the hand-off changes nothing",
    acts: [...handedOver, takenOver, accepted(CAR), accepted(HOTEL)],
    ends: "running",
  },
  {
    name: "nobody takes over within the time of the input: the bookings are released",
    acts: [
      started1_0({ releaseAfterMS: 80 }),
      accepted(HOTEL),
      upgraded(
        V1_1,
        withdraw("flight", FLIGHT),
        withdraw("car", CAR),
        ...released("hotel", 80),
        ["versioning-handoff", handoff(V1_1, [booking("hotel")], { releaseAfterMS: 80 }), TRIP],
        [
          "workflow-result",
          {
            status: "upgraded",
            fromVersion: V1_0,
            toVersion: V1_1,
            booked: [{ kind: "hotel", reservationId: booking("hotel").reservationId }],
          },
          TRIP,
        ],
        ...releasing("hotel", 4, 80),
      ),
      { advance: 79, out: [] },
      { advance: 1, out: fired("hotel", 80) },
    ],
  },
  {
    name: "a release by itself: retained by a message",
    thread: releaseThread("hotel"),
    acts: [
      {
        start: { workflow: "versioning-delayed-release", command: release("hotel", 1000) },
        out: releasing("hotel", 0, 1000),
      },
      { resume: retainRef("hotel"), value: { retained: true }, out: retained("hotel", 0, 1000) },
    ],
  },
  {
    name: "a release by itself: it fires, and a message to retain the booking comes too late",
    thread: releaseThread("hotel"),
    acts: [
      {
        start: { workflow: "versioning-delayed-release", command: release("hotel", 25) },
        out: releasing("hotel", 0, 25),
      },
      { advance: 25, out: fired("hotel", 25) },
      {
        resume: retainRef("hotel"),
        value: retain("hotel"),
        out: [["workflow-dead-letter", { ref: retainRef("hotel"), value: retain("hotel") }]],
      },
    ],
  },
  {
    name: "a patch of 1.1 is run by what the bundle has of 1.1, and awaits no upgrade",
    acts: [
      starts1_1(9),
      accepted(HOTEL),
      accepted(FLIGHT),
      accepted(CAR, trip(V1_1, booking("hotel", V1_1), booking("flight", V1_1), booking("car", V1_1))),
    ],
  },
  {
    name: "1.1: a car that fails otherwise is no reason for a taxi",
    acts: [
      starts1_1(0),
      accepted(FLIGHT),
      {
        resume: CAR,
        error: "no such customer",
        out: [
          withdraw("hotel", HOTEL, V1_1),
          cancel("flight", V1_1),
          ["workflow-error", JSON.stringify("no such customer")],
        ],
      },
    ],
    ends: "failed",
  },
  {
    name: "a patch of 1.0 needs no upgrade: the trip goes on",
    acts: [
      started1_0(),
      accepted(HOTEL),
      upgraded(version(1, 0, 7)),
      accepted(FLIGHT),
      accepted(CAR, trip(V1_0, booking("hotel"), booking("flight"), booking("car"))),
    ],
  },
  {
    name: "a command for a patch, and then one for a minor version",
    acts: [started1_0(), upgraded(version(1, 0, 7)), nothingToHandOver],
  },
  {
    name: "a command without a version pauses the trip",
    acts: [started1_0(), { resume: UPGRADE, value: {}, out: [] }, accepted(HOTEL)],
    ends: "paused",
  },
  {
    name: "2.0 starts fresh, with a taxi",
    acts: [
      {
        start: start(V2_0),
        out: [reserve("hotel", HOTEL, V2_0), reserve("flight", FLIGHT, V2_0), reserve("taxi", TAXI, V2_0)],
      },
      accepted(HOTEL),
      accepted(TAXI),
      accepted(FLIGHT, trip(V2_0, booking("hotel", V2_0), booking("flight", V2_0), booking("taxi", V2_0))),
    ],
  },
  {
    name: "1.0 cannot hand over to 2.0: it fails, and nothing stays booked",
    acts: [
      started1_0(),
      accepted(HOTEL),
      upgraded(
        V2_0,
        withdraw("flight", FLIGHT),
        withdraw("car", CAR),
        cancel("hotel"),
        error("cannot reuse 1.0.0 for 2.0.0"),
      ),
    ],
    ends: "failed",
  },
  {
    name: "2.0 cannot go on where 1.0 has left off",
    acts: [{ start: handoff(V2_0, [booking("hotel")]), out: [error("cannot reuse 1.0.0 for 2.0.0")] }],
    ends: "failed",
  },
  {
    name: "an envelope of a kind that there is not",
    acts: [
      {
        start: { ...start(version(1, 0)), kind: "constructor" },
        out: [error("no constructor of trip-booking-versioned 1.0.0 here: there are 1.0, 1.1, 2.0")],
      },
    ],
    ends: "failed",
  },
  {
    name: "a version that is not there",
    acts: [
      {
        start: start(version(1, 2)),
        out: [error("no start of trip-booking-versioned 1.2.0 here: there are 1.0, 1.1, 2.0")],
      },
      {
        start: handoff(V1_0, []),
        out: [error("no handoff of trip-booking-versioned 1.0.0 here: there are 1.0, 1.1, 2.0")],
      },
      { start: { workflow: "trip" }, out: [error('no workflow "trip" here')] },
    ],
    ends: "failed",
  },
  {
    name: "the manager tells each trip once, and skips what cannot be told",
    thread: MANAGER,
    acts: [
      {
        start: {
          workflow: "versioning-upgrade-manager",
          command: {
            workflow: "trip-booking-versioned",
            targetVersion: V1_1,
            targets: [
              { bookingId: "a", ref: UPGRADE },
              { bookingId: "a", ref: UPGRADE },
              { bookingId: "b", ref: "" },
              { bookingId: "c", ref: UPGRADE },
            ],
          },
        },
        out: [
          ...["a", "c"].flatMap((thread): Expected[] => [
            ["versioning-upgrade-dispatch", { bookingId: thread, ref: UPGRADE, targetVersion: V1_1 }, thread],
            ["workflow-resume", { ref: UPGRADE, value: { targetVersion: V1_1 } }, thread],
          ]),
          ["workflow-result", { targetVersion: V1_1, dispatched: ["a", "c"], skipped: ["b"] }],
          ...["a", "c"].map(
            (thread): Expected => ["workflow-dead-letter", { ref: UPGRADE, value: { targetVersion: V1_1 } }, thread],
          ),
        ],
      },
    ],
  },
];

export const scenarios = played.map((scenario): Scenario => ({ thread: TRIP, ...scenario }));
