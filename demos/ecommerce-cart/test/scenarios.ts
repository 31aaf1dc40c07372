import { type Act, type Expected, type Scenario, timer } from "@kwf/testing";

const MS = 10_000;
const add = (productId: string, quantity: number) => ({ type: "addToCart", item: { productId, quantity } });
const remove = (productId: string, quantity: number) => ({ type: "removeFromCart", item: { productId, quantity } });
const email = (address: string) => ({ type: "updateEmail", email: address });
const checkout = { type: "checkout" };
const getCart = { type: "getCart" };

/** The cart's timer, set by record `n`. */
const armed = (n: number, ms = MS): Expected => timer(`${n}:sleep:1`, ms);
const disarmed = (n: number): Expected => timer(`${n}:sleep:1`);

const opened: Act = { start: { abandonedCartTimeoutMS: MS }, out: [armed(0)] };
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
const remindedAt = (n: number, address: string): Act => ({
  advance: MS,
  out: [["ecommerce-reminder", address], armed(n)],
});

const bought = (items: [string, number][], address: string): Expected => [
  "workflow-result",
  { items: items.map(([productId, quantity]) => ({ productId, quantity })), email: address },
];
const abandoned: Expected = ["workflow-result", JSON.stringify("abandoned")];
const noItems: Expected = ["checkoutError", "Must have items to check out!"];
const noEmail: Expected = ["checkoutError", "Must have email to check out!"];

export const scenarios: Scenario[] = [
  {
    name: "quantities add up, what is taken out is gone, and the customer checks out",
    acts: [
      opened,
      message(1, add("teapot", 10)),
      message(2, add("sugar", 11)),
      message(3, add("teapot", 20)),
      message(4, email("first@example.com")),
      message(5, email("ada@example.com")),
      message(6, remove("sugar", 11)),
      message(7, remove("teapot", 5)),
      message(8, remove("milk", 1)),
      message(9, add("lemon", 2)),
      last(
        10,
        checkout,
        bought(
          [
            ["teapot", 25],
            ["lemon", 2],
          ],
          "ada@example.com",
        ),
      ),
    ],
  },
  {
    name: "checkout is refused on an empty cart, and without an address",
    acts: [
      opened,
      message(1, checkout, noItems),
      message(2, email("ada@example.com")),
      message(3, checkout, noItems),
      message(4, email("")),
      message(5, add("teapot", 1)),
      message(6, checkout, noEmail),
      message(7, remove("teapot", 2)),
      message(8, checkout, noItems),
      message(9, add("teapot", 1)),
      message(10, email("ada@example.com")),
      last(11, checkout, bought([["teapot", 1]], "ada@example.com")),
    ],
  },
  {
    name: "getCart answers and waits again",
    acts: [
      opened,
      message(1, getCart, ["getCart", { items: [], email: "" }]),
      message(2, add("sugar", 2)),
      message(3, email("ada@example.com")),
      message(4, getCart, ["getCart", { items: [{ productId: "sugar", quantity: 2 }], email: "ada@example.com" }]),
      message(5, getCart, ["getCart", { items: [{ productId: "sugar", quantity: 2 }], email: "ada@example.com" }]),
      last(6, checkout, bought([["sugar", 2]], "ada@example.com")),
    ],
  },
  {
    name: "reminded, then abandoned",
    acts: [
      opened,
      message(1, email("ada@example.com")),
      { advance: MS - 1, out: [] },
      { advance: 1, out: [["ecommerce-reminder", "ada@example.com"], armed(2)] },
      { advance: MS - 1, out: [] },
      { advance: 1, out: [abandoned] },
    ],
  },
  {
    name: "every message sets the timer again, and after one there is a reminder again",
    acts: [
      opened,
      message(1, email("ada@example.com")),
      { advance: MS - 1, out: [] },
      message(2, add("teapot", 1)),
      { advance: MS - 1, out: [] },
      message(3, getCart, ["getCart", { items: [{ productId: "teapot", quantity: 1 }], email: "ada@example.com" }]),
      remindedAt(4, "ada@example.com"),
      message(5, add("teapot", 1)),
      remindedAt(6, "ada@example.com"),
      last(7, checkout, bought([["teapot", 2]], "ada@example.com")),
    ],
  },
  {
    name: "without an address there is nobody to remind: abandoned after the first timeout",
    acts: [opened, message(1, add("teapot", 1)), { advance: MS, out: [abandoned] }],
  },
  {
    name: "message and timer at once, the message first: the timer is late",
    acts: [
      opened,
      message(1, email("ada@example.com")),
      message(2, add("teapot", 1)),
      { resume: "1:sleep:1", out: [] },
      { resume: "main", value: checkout, out: [disarmed(2), bought([["teapot", 1]], "ada@example.com")] },
    ],
  },
  {
    name: "message and timer at once, the timer first: the customer is reminded, the message counts",
    acts: [
      opened,
      message(1, email("ada@example.com")),
      { resume: "1:sleep:1", out: [["ecommerce-reminder", "ada@example.com"], armed(2)] },
      message(3, add("teapot", 1)),
      last(4, checkout, bought([["teapot", 1]], "ada@example.com")),
    ],
  },
  {
    name: "a message that comes after the end finds nobody",
    acts: [
      opened,
      { advance: MS, out: [abandoned] },
      {
        resume: "main",
        value: add("teapot", 1),
        out: [["workflow-dead-letter", { ref: "main", value: add("teapot", 1) }]],
      },
    ],
  },
  {
    name: "10 seconds, if the input does not say otherwise",
    acts: [
      { start: undefined, out: [armed(0)] },
      { advance: MS - 1, out: [] },
      { advance: 1, out: [abandoned] },
    ],
  },
  {
    name: "a message that no cart knows is only activity",
    acts: [opened, message(1, { type: "dance" }), { advance: MS, out: [abandoned] }],
  },
  {
    name: "a message without its fields pauses the cart, and what comes behind it waits",
    acts: [
      opened,
      { resume: "main", value: { type: "addToCart" }, out: [] },
      { resume: "main", value: add("teapot", 1), out: [] },
    ],
    ends: "paused",
  },
  {
    name: "cancelled: the timer is taken back",
    acts: [
      opened,
      message(1, add("teapot", 1)),
      { cancel: "closed", out: [disarmed(1), ["workflow-error", JSON.stringify("CancelToken: closed")]] },
    ],
    ends: "cancelled",
  },
];
