import { type Act, type Expected, type Scenario, timer } from "@kwf/testing";

const CAR = "0:car:1";
const HOTEL = "0:hotel:2";
const FLIGHT = "0:flight:3";
const TIMER = "0:sleep:4";

const reserves = (part: string, ref: string): Expected => [`saga-reserve-${part}`, { ref }];
const cancels = (part: string, ref: string): Expected => [`saga-cancel-${part}`, { ref }];
const failed = (error: string): Expected => ["workflow-error", JSON.stringify(error)];
const noTimer = timer(TIMER);
const [noCar, noHotel, noFlight] = [cancels("car", CAR), cancels("hotel", HOTEL), cancels("flight", FLIGHT)];

const starts = (input?: { throwAfterHotel?: boolean; timeoutMS?: number }): Act => ({
  start: input,
  out: [
    reserves("car", CAR),
    reserves("hotel", HOTEL),
    reserves("flight", FLIGHT),
    timer(TIMER, input?.timeoutMS ?? 1000),
  ],
});
const booked = (ref: string, ...out: Expected[]): Act => ({ resume: ref, value: { id: ref[2] }, out });
const trip: Expected = ["workflow-result", { car: { id: "c" }, hotel: { id: "h" }, flight: { id: "f" } }];
const letter = (ref: string): Expected => ["workflow-dead-letter", { ref, value: { id: ref[2] } }];

export const scenarios: Scenario[] = [
  {
    name: "all reserved, in any order: the timer is taken back, the bookings are in the order of the source",
    acts: [starts(), booked(FLIGHT), booked(CAR), booked(HOTEL, noTimer, trip)],
  },
  {
    name: "nothing is late one millisecond before the time is up",
    acts: [
      starts({ timeoutMS: 500 }),
      booked(CAR),
      { advance: 499, out: [] },
      booked(FLIGHT),
      booked(HOTEL, noTimer, trip),
    ],
  },
  {
    name: "a reservation fails: what is in flight is told at once, what is booked is cancelled",
    acts: [
      starts(),
      booked(CAR),
      { resume: HOTEL, error: "sold out", out: [noFlight, noTimer, noCar, failed("sold out")] },
    ],
    ends: "failed",
  },
  {
    name: "the first of three fails: nothing is booked, both others are told",
    acts: [starts(), { resume: CAR, error: { code: 7 }, out: [noHotel, noFlight, noTimer, failed("[object Object]")] }],
    ends: "failed",
  },
  {
    name: "the last of three fails: nothing is in flight, what is booked is cancelled, the last booking first",
    acts: [
      starts(),
      booked(HOTEL),
      booked(CAR),
      { resume: FLIGHT, error: null, out: [noTimer, noCar, noHotel, failed("null")] },
    ],
    ends: "failed",
  },
  {
    name: "user code throws after two bookings: both are cancelled, the last one first",
    acts: [
      starts({ throwAfterHotel: true }),
      booked(CAR),
      booked(HOTEL, noFlight, noTimer, noHotel, noCar, failed("Error: the traveller changed their mind")),
    ],
    ends: "failed",
  },
  {
    name: "user code throws after the first booking: both others are in flight",
    acts: [
      starts({ throwAfterHotel: true }),
      booked(HOTEL, noCar, noFlight, noTimer, noHotel, failed("Error: the traveller changed their mind")),
    ],
    ends: "failed",
  },
  {
    name: "time is up with one in flight: only that one is told so, and what is booked is cancelled",
    acts: [
      starts({ timeoutMS: 500 }),
      booked(CAR),
      booked(FLIGHT),
      { advance: 500, out: [noHotel, noFlight, noCar, failed("TimeoutError: no result after 500 ms")] },
    ],
    ends: "failed",
  },
  {
    name: "time is up with all in flight",
    acts: [
      starts(),
      { advance: 1000, out: [noCar, noHotel, noFlight, failed("TimeoutError: no result after 1000 ms")] },
    ],
    ends: "failed",
  },
  {
    name: "nobody was there when the time was up: the timer fires late, before the answer behind it",
    acts: [
      starts(),
      booked(CAR),
      { absent: 60_000, out: [] },
      { advance: 0, out: [noHotel, noFlight, noCar, failed("TimeoutError: no result after 1000 ms")] },
      booked(HOTEL, letter(HOTEL)),
    ],
    ends: "failed",
  },
  {
    name: "answers that come twice, or for nobody, change nothing",
    acts: [
      starts(),
      booked(CAR),
      { resume: CAR, error: "sold out", out: [] },
      { resume: "0:car:9", error: "sold out", out: [] },
      { send: `{"ref":"${HOTEL}"`, out: [["workflow-dead-letter", `{"ref":"${HOTEL}"`]] },
      booked(FLIGHT),
      booked(HOTEL, noTimer, trip),
      booked(HOTEL, letter(HOTEL)),
    ],
  },
  {
    name: "the last answer and the timer at once: whichever is first decides",
    acts: [
      starts(),
      booked(CAR),
      booked(HOTEL),
      booked(FLIGHT, noTimer, trip),
      { resume: TIMER, out: [["workflow-dead-letter", { ref: TIMER }]] },
    ],
  },
  {
    name: "the same with the timer first",
    acts: [
      starts(),
      booked(CAR),
      booked(HOTEL),
      { resume: TIMER, out: [noFlight, noHotel, noCar, failed("TimeoutError: no result after 1000 ms")] },
      booked(FLIGHT, letter(FLIGHT)),
    ],
    ends: "failed",
  },
  {
    name: "cancelled with one booked: as if a reservation had failed",
    acts: [
      starts(),
      booked(HOTEL),
      { cancel: "ill", out: [noCar, noFlight, noTimer, noHotel, failed("CancelToken: ill")] },
    ],
    ends: "cancelled",
  },
];
