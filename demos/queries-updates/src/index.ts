import { channel, topic } from "@kwf/patterns";
import type * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "queries-updates",
  // A message that is none pauses the order instead of ending it; an operator can discard it.
  onError: "bugs",
};

interface State {
  product: string;
  address: string;
  status: "new" | "confirmed" | "shipping";
}

const authorize = topic<State, void>("queries-updates-authorize");
const pack = topic<State, void>("queries-updates-pack");
const ship = topic<State, string>("queries-updates-ship");
const replies = topic<{ replyTo: string; value?: unknown; error?: string }>("queries-updates-reply");

interface Order {
  product: string;
  address: string;
  /** Whoever starts the order may ask to hear early whether it is sure. */
  replyTo?: string;
}

/** `replyTo` is the asker's own name for the request: the reply carries it. */
type Message = { type: "getOrder"; replyTo: string } | { type: "setAddress"; address: string; replyTo: string };

/** An order that can be looked at and changed while it is under way. */
export default async function main({ product, address, replyTo }: Order) {
  const messages = channel<Message>("main");
  const order: State = { product, address, status: "new" };

  // The answering ends with the order: the race cancels it.
  return await Promise.race([fulfil(), answerMessages()]);

  async function fulfil() {
    try {
      await authorize.request(order);
      order.status = "confirmed";
      // Early return: whoever started the order hears that it is sure, days before the result.
      if (replyTo) replies.send({ replyTo, value: order });
    } catch (error) {
      if (replyTo) replies.send({ replyTo, error: String(error) });
      throw error;
    }
    await pack.request(order);
    order.status = "shipping";
    const parcel = await ship.request(order);
    return { ...order, status: "shipped", parcel };
  }

  async function answerMessages(): Promise<never> {
    for (;;) {
      const message = await messages.receive();
      if (message.type === "getOrder") {
        // A query: tells, and changes nothing.
        replies.send({ replyTo: message.replyTo, value: order });
      } else if (message.type === "setAddress") {
        // An update: refused with the reason, or done, and the reply has what was before.
        const error = whyNot(message.address);
        replies.send({ replyTo: message.replyTo, ...(error ? { error } : { value: { previous: order.address } }) });
        if (!error) order.address = message.address;
      }
    }
  }

  /** The validator of setAddress. */
  function whyNot(wanted: unknown): string | undefined {
    if (typeof wanted !== "string" || wanted === "") return "an address is a text that is not empty";
    if (order.status === "shipping") return `the parcel is on its way to ${order.address}`;
    return undefined;
  }
}
