import * as W from "@kwf/workflow";
import { type Machine, run } from "./machine.js";

export const manifest: W.Manifest = {
  name: "order-state-machine",
  outputTopics: [
    ...["order-charge", "order-ship", "order-refund"],
    ...["order-changed", "order-paused", "order-refused"],
  ],
  // A message that is no event pauses the thread instead of ending it; an operator can discard it.
  onError: "bugs",
};

/** Each state has what is known in it, and nothing else. */
type Order =
  | { state: "placed"; product: string }
  | { state: "paid"; product: string; payment: string }
  | { state: "shipped"; product: string; payment: string; parcel: string }
  | { state: "delivered"; product: string; payment: string; parcel: string }
  | { state: "cancelled"; product: string; payment?: string; reason: string };

/** What services call back with. */
type Event =
  | { type: "paid"; payment: string }
  | { type: "declined"; reason: string }
  | { type: "shipped"; parcel: string }
  | { type: "delivered" };

interface Input {
  product: string;
  paymentTimeoutMS?: number;
  shippingTimeoutMS?: number;
  deliveryTimeoutMS?: number;
}

export default async function main(input: Input): Promise<Order> {
  const { product, paymentTimeoutMS = 60_000, shippingTimeoutMS = 60_000, deliveryTimeoutMS = 60_000 } = input;
  const cancelled = (order: { product: string; payment?: string }, reason: string): Order => {
    return { state: "cancelled", product: order.product, payment: order.payment, reason };
  };

  const machine: Machine<Order, Event> = {
    placed: {
      enter: (order) => W.outputJSON(order, "order-charge"),
      on: {
        paid: (order, { payment }) => ({ ...order, state: "paid", payment }),
        declined: (order, { reason }) => cancelled(order, reason),
      },
      timeout: { ms: paymentTimeoutMS, to: (order) => cancelled(order, "not paid in time") },
      cancel: cancelled,
    },
    paid: {
      enter: (order) => W.outputJSON(order, "order-ship"),
      on: { shipped: (order, { parcel }) => ({ ...order, state: "shipped", parcel }) },
      timeout: { ms: shippingTimeoutMS, to: (order) => cancelled(order, "not shipped in time") },
      cancel: cancelled,
    },
    shipped: {
      on: { delivered: (order) => ({ ...order, state: "delivered" }) },
      timeout: { ms: deliveryTimeoutMS, to: (order) => cancelled(order, "lost on the way") },
    },
    delivered: {},
    cancelled: {
      enter: ({ payment }) => {
        if (payment) W.outputJSON({ payment }, "order-refund");
      },
    },
  };

  return await run(
    machine,
    { state: "placed", product },
    {
      changed: (from, to) => W.outputJSON({ from: from.state, to: to.state }, "order-changed"),
      paused: ({ state }, paused) => W.outputJSON({ state, paused }, "order-paused"),
      refused: ({ state }, what) => W.outputJSON({ state, refused: what }, "order-refused"),
    },
  );
}
