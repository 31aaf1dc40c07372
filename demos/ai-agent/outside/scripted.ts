// A model and tools that need no network: the model follows a script for orders that did not come, the tools know three orders. A real
// model is a function of the same type.
import { Rejection } from "@kwf/client";
import type { ModelReply, ModelRequest, ToolCall } from "../src/topics.js";

interface Order {
  order: string;
  item: string;
  cents: number;
}

const ORDERS: readonly (Order & { parcel: "lost" | "under way" })[] = [
  { order: "o-1", item: "teapot", cents: 4200, parcel: "lost" },
  { order: "o-2", item: "sugar", cents: 300, parcel: "under way" },
];

function orderOf({ order }: { order: string }) {
  const found = ORDERS.find((one) => one.order === order);
  if (!found) throw new Rejection(`there is no order ${order}`);
  return found;
}

export function findOrder(request: { order: string }): Order {
  const { order, item, cents } = orderOf(request);
  return { order, item, cents };
}

export const trackParcel = (request: { order: string }): string => orderOf(request).parcel;

export function refund({ order, cents }: { order: string; cents: number }): { refunded: number } {
  if (cents > orderOf({ order }).cents) throw new Rejection("more than was paid");
  return { refunded: cents };
}

/** Looks the order up and asks for its parcel; a lost one is paid back. */
export function scriptedModel({ conversation }: ModelRequest): ModelReply {
  const order = /o-\d+/.exec(JSON.stringify(conversation[0]))?.[0];
  const told = conversation.flatMap((message) => (message.role === "tool" ? [message] : []));
  const answerTo = (call: string) => told.find((message) => message.call === call);
  const found = answerTo("find")?.result as Order | undefined;

  if (!order) return says("Which order is it about?");
  if (told.length === 0) {
    return says("I look the order up.", [
      { id: "find", tool: "find-order", input: { order } },
      { id: "track", tool: "track-parcel", input: { order } },
    ]);
  }
  if (!found) return says(`I cannot find it: ${answerTo("find")?.error}.`);
  const parcel = answerTo("track")?.result ?? "not to be found";
  if (parcel === "under way") return says(`Your ${found.item} is on its way.`);
  const refunded = answerTo("refund");
  if (!refunded) {
    return says(`The parcel is ${parcel}: I pay the ${found.item} back.`, [
      { id: "refund", tool: "refund", input: { order, cents: found.cents } },
    ]);
  }
  if (refunded.error) return says(`Your ${found.item} is ${parcel}. I may not pay it back: ${refunded.error}.`);
  return says(`Your ${found.item} is ${parcel}, and we have paid you back.`);
}

const says = (text: string, calls: ToolCall[] = []): ModelReply => {
  const tokens = text.split(" ").length + 10 * calls.length;
  return { text, calls, usage: { tokens, microdollars: 3 * tokens } };
};
