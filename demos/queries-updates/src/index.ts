import { channel } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "queries-updates",
  outputTopics: [
    ...["queries-updates-authorize", "queries-updates-pack", "queries-updates-ship"],
    "queries-updates-reply",
  ],
};

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
  const order = { product, address, status: "new" };

  // The answering ends with the order: the race cancels it.
  return await Promise.race([fulfil(), answerMessages()]);

  async function fulfil() {
    try {
      await ask("authorize");
      order.status = "confirmed";
      // Early return: whoever started the order hears that it is sure, days before the result.
      if (replyTo) reply(replyTo, { value: order });
    } catch (error) {
      if (replyTo) reply(replyTo, { error: String(error) });
      throw error;
    }
    await ask("pack");
    order.status = "shipping";
    const parcel = await ask("ship");
    return { ...order, status: "shipped", parcel };
  }

  async function answerMessages(): Promise<never> {
    for (;;) {
      const message = await messages.receive();
      if (message.type === "getOrder") {
        // A query: tells, and changes nothing.
        reply(message.replyTo, { value: order });
      } else if (message.type === "setAddress") {
        // An update: refused with the reason, or done, and the reply has what was before.
        const error = whyNot(message.address);
        reply(message.replyTo, error ? { error } : { value: { previous: order.address } });
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

  async function ask(what: "authorize" | "pack" | "ship"): Promise<string> {
    const answer = W.ref<string>(what);
    W.outputJSON({ ...order, ref: answer.id }, `queries-updates-${what}`);
    return await answer;
  }
}

function reply(replyTo: string, answer: { value: unknown } | { error: string }): void {
  W.outputJSON({ replyTo, ...answer }, "queries-updates-reply");
}
