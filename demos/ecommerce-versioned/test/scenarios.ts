import { type Act, type Expected, type Scenario, timer } from "@kwf/testing";

const MS = 10_000;
const CART = "ada";
const MANAGER = "manager";
const ADDRESS = "ada@example.com";

const version = (major: number, minor: number, patch = 0) => ({ major, minor, patch });
const V1_0 = version(1, 0);
const V1_1 = version(1, 1);
const V2_0 = version(2, 0);

const config = { abandonedCartTimeoutMS: MS };
const teapots = { productId: "teapot", quantity: 2 };
const items = [teapots];
/** What 1.0 hands over. */
const cart = (reminderStage: number) => ({ config, items, email: ADDRESS, reminderStage });

const add = { type: "addToCart", item: teapots };
const remove = (quantity: number) => ({ type: "removeFromCart", item: { productId: "teapot", quantity } });
const email = { type: "updateEmail", email: ADDRESS };
const checkout = { type: "checkout" };
const getCart = { type: "getCart" };

const start = (of: typeof V1_0, payload: object = config) => ({
  workflow: "ecommerce-versioned",
  version: of,
  kind: "start",
  bookingId: CART,
  payload,
});
const handoff = (to: typeof V1_0, input: object) => ({
  workflow: "ecommerce-versioned",
  version: to,
  kind: "handoff",
  bookingId: CART,
  payload: { fromVersion: V1_0, toVersion: to, input, booked: [] },
});

/** The cart's timer, set by record `n`. */
const armed = (n: number): Expected => timer(`${n}:sleep:1`, MS, CART);
const disarmed = (n: number): Expected => timer(`${n}:sleep:1`, undefined, CART);
/** A message that is record `n`: it takes the timer back, puts something out, and sets it again. */
const message = (n: number, value: unknown, ...out: Expected[]): Act => ({
  resume: "main",
  value,
  out: [disarmed(n - 1), ...out, armed(n)],
});
/** One that ends the cart. */
const last = (n: number, value: unknown, ...out: Expected[]): Act => ({
  resume: "main",
  value,
  out: [disarmed(n - 1), ...out],
});
/** Record `n` is the timer of `n - 1`. */
const reminded = (n: number, reminder: Expected): Act => ({ advance: MS, out: [reminder, armed(n)] });
const abandons: Act = { advance: MS, out: [["workflow-result", JSON.stringify("abandoned"), CART]] };
const reminder: Expected = ["ecommerce-reminder", ADDRESS, CART];
const discount: Expected = ["ecommerce-discount-reminder", { email: ADDRESS, code: "SAVE10" }, CART];
const textMessage: Expected = ["ecommerce-v2-reminder", { email: ADDRESS, channel: "sms" }, CART];
const bought = (of: typeof V1_0, more: object = {}): Expected => [
  "workflow-result",
  { version: of, email: ADDRESS, items, ...more },
];
const error = (text: string): Expected => ["workflow-error", JSON.stringify(`Error: ${text}`), CART];

const awaits: Expected = ["versioning-await-upgrade", { ref: "main", currentVersion: V1_0 }];
const opened1_0: Act = { start: start(V1_0), out: [awaits, armed(0)] };
const opened = (of: typeof V1_0): Act => ({ start: start(of), out: [armed(0)] });

/** The manager, record `n`, tells the cart once: record `n + 1`. `then` is what the cart does; its timer was set by `n - 1`. */
const upgraded = (n: number, target: typeof V1_0, ...then: Expected[]): Act => {
  const told = { bookingId: CART, ref: "main" };
  return {
    thread: MANAGER,
    start: {
      workflow: "versioning-upgrade-manager",
      command: { workflow: "ecommerce-versioned", targetVersion: target, targets: [told] },
    },
    out: [
      ["versioning-upgrade-dispatch", { ...told, targetVersion: target }, CART],
      ["workflow-resume", { ref: "main", value: { targetVersion: target } }, CART],
      ["workflow-result", { targetVersion: target, dispatched: [CART], skipped: [] }, MANAGER],
      disarmed(n - 1),
      ...then,
    ],
  };
};
const handsOver = (reminderStage: number): Expected[] => [
  ["versioning-handoff", handoff(V1_1, cart(reminderStage)), CART],
  [
    "workflow-result",
    { status: "upgraded", fromVersion: V1_0, toVersion: V1_1, items, email: ADDRESS, reminderStage },
    CART,
  ],
];

const played: Scenario[] = [
  {
    name: "1.0: checked out",
    acts: [
      opened1_0,
      message(1, add),
      message(2, checkout, ["checkoutError", "Must have email to check out!"]),
      message(3, email),
      message(4, remove(2)),
      message(5, checkout, ["checkoutError", "Must have items to check out!"]),
      message(6, add),
      message(7, add),
      message(8, remove(2)),
      message(9, getCart, ["getCart", cart(0)]),
      last(10, checkout, bought(V1_0)),
    ],
  },
  {
    name: "1.0 reminds once",
    acts: [opened1_0, message(1, email), reminded(2, reminder), abandons],
  },
  {
    name: "minor upgrade: 1.1 goes on with the cart, reminded once, and reminds with a discount",
    acts: [
      opened1_0,
      message(1, add),
      message(2, email),
      reminded(3, reminder),
      upgraded(4, V1_1, ...handsOver(1)),
      { start: handoff(V1_1, cart(1)), out: [armed(6)] },
      reminded(7, discount),
      last(8, checkout, bought(V1_1, { discountCode: "SAVE10" })),
    ],
  },
  {
    name: "minor upgrade of a cart that was not reminded yet: both reminders are to come",
    acts: [
      opened1_0,
      message(1, add),
      message(2, email),
      upgraded(3, V1_1, ...handsOver(0)),
      { start: handoff(V1_1, cart(0)), out: [armed(5)] },
      reminded(6, reminder),
      reminded(7, discount),
      abandons,
    ],
  },
  {
    name: "minor upgrade: 1.1 changes the cart of 1.0",
    acts: [
      opened1_0,
      message(1, add),
      message(2, email),
      upgraded(3, V1_1, ...handsOver(0)),
      { start: handoff(V1_1, cart(0)), out: [armed(5)] },
      message(6, remove(1)),
      message(7, getCart, ["getCart", { ...cart(0), items: [{ productId: "teapot", quantity: 1 }] }]),
    ],
    ends: "running",
  },
  {
    name: "a message between the two versions finds nobody",
    acts: [
      opened1_0,
      message(1, add),
      message(2, email),
      upgraded(3, V1_1, ...handsOver(0)),
      { resume: "main", value: add, out: [["workflow-dead-letter", { ref: "main", value: add }]] },
      { start: handoff(V1_1, cart(0)), out: [armed(6)] },
    ],
    ends: "running",
  },
  {
    name: "a patch of 1.1 is run by what the bundle has of 1.1, and awaits no upgrade",
    acts: [opened(version(1, 1, 9)), message(1, add), message(2, email), last(3, checkout, bought(V1_1))],
  },
  {
    name: "1.1: the discount stays, and each reminder is sent once",
    acts: [
      opened(V1_1),
      message(1, email),
      reminded(2, reminder),
      reminded(3, discount),
      message(4, add),
      message(5, getCart, ["getCart", { ...cart(2), discountCode: "SAVE10" }]),
      abandons,
    ],
  },
  {
    name: "a patch of 1.0 needs no upgrade: the cart goes on",
    acts: [
      opened1_0,
      message(1, add),
      message(2, email),
      upgraded(3, version(1, 0, 7), armed(4)),
      last(5, checkout, bought(V1_0)),
    ],
  },
  {
    name: "2.0 starts fresh, and reminds by text message",
    acts: [
      opened(V2_0),
      message(1, add),
      message(2, email),
      reminded(3, textMessage),
      message(4, getCart, ["getCart", { config, items, email: ADDRESS, reminderSent: true }]),
      last(5, checkout, bought(V2_0, { channel: "v2" })),
    ],
  },
  {
    name: "2.0 reminds once",
    acts: [opened(V2_0), message(1, email), reminded(2, textMessage), abandons],
  },
  {
    name: "without an address there is nobody to remind, in any version",
    acts: [
      opened1_0,
      abandons,
      { start: start(V1_1), out: [armed(2)] },
      abandons,
      { start: start(V2_0), out: [armed(4)] },
      abandons,
    ],
  },
  {
    name: "1.0 cannot hand over to 2.0: it fails",
    acts: [opened1_0, message(1, add), upgraded(2, V2_0, error("cannot reuse 1.0.0 for 2.0.0"))],
    ends: "failed",
  },
  {
    name: "2.0 cannot go on where 1.0 has left off",
    acts: [{ start: handoff(V2_0, cart(0)), out: [error("cannot reuse 1.0.0 for 2.0.0")] }],
    ends: "failed",
  },
  {
    name: "10 seconds, if the payload does not say otherwise",
    acts: [{ start: start(V1_0, {}), out: [awaits, armed(0)] }, abandons],
  },
];

export const scenarios = played.map((scenario): Scenario => ({ thread: CART, ...scenario }));
