import { type Act, type Expected, type Scenario, timer } from "@kwf/testing";

const MS = 60_000;
const product = "teapot";
const placed = { state: "placed", product };
const paid = { state: "paid", product, payment: "pay-1" };
const shipped = { ...paid, state: "shipped", parcel: "p-1" };

const on = (record: number, ms = MS): Expected => timer(`${record}:sleep:1`, ms);
const off = (record: number): Expected => timer(`${record}:sleep:1`);
const changed = (from: string, to: string): Expected => ["order-changed", { from, to }];
const refused = (state: string, what: object): Expected => ["order-refused", { state, refused: what }];
const refund: Expected = ["order-refund", { payment: "pay-1" }];
const result = (order: object): Expected => ["workflow-result", order];
const cancelled = (reason: string, payment?: string) =>
  result({ state: "cancelled", product, ...(payment === undefined ? {} : { payment }), reason });

const event = (value: object, ...out: Expected[]): Act => ({ resume: "events", value, out });
const command = (type: string, ...out: Expected[]): Act => ({ resume: "control", value: { type }, out });

const isPlaced: Act = { start: { product }, out: [["order-charge", placed], on(0)] };
const isPaid = { type: "paid", payment: "pay-1" };
const isShipped = { type: "shipped", parcel: "p-1" };
/** Records 1 and 2. */
const pay = event(isPaid, off(0), changed("placed", "paid"), ["order-ship", paid], on(1));
const ship = event(isShipped, off(1), changed("paid", "shipped"), on(2));

export const scenarios: Scenario[] = [
  {
    name: "placed, paid, shipped, delivered",
    acts: [
      isPlaced,
      pay,
      { advance: MS - 1, out: [] },
      ship,
      event({ type: "delivered" }, off(2), changed("shipped", "delivered"), result({ ...shipped, state: "delivered" })),
    ],
  },
  {
    name: "declined: nothing to refund",
    acts: [
      isPlaced,
      event({ type: "declined", reason: "no money" }, off(0), changed("placed", "cancelled"), cancelled("no money")),
    ],
  },
  {
    name: "not paid in time",
    acts: [isPlaced, { advance: MS, out: [changed("placed", "cancelled"), cancelled("not paid in time")] }],
  },
  {
    name: "not shipped in time: refunded",
    acts: [
      isPlaced,
      { advance: MS - 1, out: [] },
      pay,
      { advance: MS - 1, out: [] },
      { advance: 1, out: [changed("paid", "cancelled"), refund, cancelled("not shipped in time", "pay-1")] },
    ],
  },
  {
    name: "lost on the way: refunded",
    acts: [
      isPlaced,
      pay,
      ship,
      { advance: MS, out: [changed("shipped", "cancelled"), refund, cancelled("lost on the way", "pay-1")] },
    ],
  },
  {
    name: "an event with a name that every object has is refused like any other",
    clock: true,
    acts: [
      isPlaced,
      event({ type: "constructor" }, off(0), refused("placed", { type: "constructor" }), on(1)),
      event({ type: "__proto__" }, off(1), refused("placed", { type: "__proto__" }), on(2)),
    ],
    ends: "running",
  },
  {
    name: "an event that the state does not know is refused, and its clock goes on",
    clock: true,
    acts: [
      isPlaced,
      { advance: 20_000, out: [] },
      event(isShipped, off(0), refused("placed", isShipped), on(1, 40_000)),
      { advance: 39_999, out: [] },
      { advance: 1, out: [changed("placed", "cancelled"), cancelled("not paid in time")] },
    ],
  },
  {
    name: "cancelled before it is paid, and after: refunded",
    acts: [
      isPlaced,
      {
        resume: "control",
        value: { type: "cancel", reason: "changed my mind" },
        out: [off(0), changed("placed", "cancelled"), cancelled("changed my mind")],
      },
      isPlacedAgain(2),
      { resume: "events", value: isPaid, out: [off(2), changed("placed", "paid"), ["order-ship", paid], on(3)] },
      command("cancel", off(3), changed("paid", "cancelled"), refund, cancelled("cancelled", "pay-1")),
    ],
  },
  {
    name: "what is on its way cannot be cancelled",
    clock: true,
    acts: [
      isPlaced,
      pay,
      ship,
      command("cancel", off(2), refused("shipped", { type: "cancel" }), on(3)),
      event({ type: "delivered" }, off(3), changed("shipped", "delivered"), result({ ...shipped, state: "delivered" })),
    ],
  },
  {
    name: "paused: the clock stands still, events wait, and both go on after it",
    clock: true,
    acts: [
      isPlaced,
      { advance: 50_000, out: [] },
      command("pause", off(0), ["order-paused", { state: "placed", paused: true }]),
      { advance: 10 * MS, out: [] },
      event(isShipped),
      event(isPaid),
      command("pause", refused("placed", { type: "pause" })),
      command(
        "unpause",
        ["order-paused", { state: "placed", paused: false }],
        // Two events are there already: each takes back the timer that was set for it.
        timer("5:sleep:1", 10_000),
        timer("5:sleep:1"),
        refused("placed", isShipped),
        timer("5:sleep:2", 10_000),
        timer("5:sleep:2"),
        changed("placed", "paid"),
        ["order-ship", paid],
        timer("5:sleep:3", MS),
      ),
    ],
    ends: "running",
  },
  {
    name: "paused: what is left of the time is left after it",
    clock: true,
    acts: [
      isPlaced,
      { advance: 50_000, out: [] },
      command("pause", off(0), ["order-paused", { state: "placed", paused: true }]),
      { advance: 10 * MS, out: [] },
      command("unpause", ["order-paused", { state: "placed", paused: false }], on(2, 10_000)),
      command("unpause", off(2), refused("placed", { type: "unpause" }), on(3, 10_000)),
      { advance: 10_000, out: [changed("placed", "cancelled"), cancelled("not paid in time")] },
    ],
  },
  {
    name: "cancelled while it is paused",
    acts: [
      isPlaced,
      command("pause", off(0), ["order-paused", { state: "placed", paused: true }]),
      command("cancel", changed("placed", "cancelled"), cancelled("cancelled")),
    ],
  },
  {
    name: "event and timer at once: whichever is first counts",
    acts: [
      isPlaced,
      pay,
      { resume: "0:sleep:1", out: [] },
      { resume: "1:sleep:1", out: [changed("paid", "cancelled"), refund, cancelled("not shipped in time", "pay-1")] },
      { resume: "events", value: isShipped, out: [["workflow-dead-letter", { ref: "events", value: isShipped }]] },
    ],
  },
  {
    name: "the thread is cancelled by an operator: it leaves by the same door, and is cancelled",
    acts: [
      isPlaced,
      pay,
      {
        cancel: "shop closed",
        out: [
          off(1),
          changed("paid", "cancelled"),
          refund,
          ["workflow-error", JSON.stringify("CancelToken: shop closed")],
        ],
      },
    ],
    ends: "cancelled",
  },
  {
    name: "timeouts are the input's, where it says so",
    acts: [
      {
        start: { product, paymentTimeoutMS: 5, shippingTimeoutMS: 6, deliveryTimeoutMS: 7 },
        out: [["order-charge", placed], on(0, 5)],
      },
      event(isPaid, off(0), changed("placed", "paid"), ["order-ship", paid], on(1, 6)),
      event(isShipped, off(1), changed("paid", "shipped"), on(2, 7)),
    ],
    ends: "running",
  },
];

/** The thread has ended; it is started once more by a later record. */
function isPlacedAgain(record: number): Act {
  return { start: { product }, out: [["order-charge", placed], on(record)] };
}
