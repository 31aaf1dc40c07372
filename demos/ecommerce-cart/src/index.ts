import { channel, sleep } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "ecommerce-cart",
  outputTopics: ["getCart", "checkoutError", "ecommerce-reminder"],
  // A message without the fields it should have pauses this cart; an operator can discard it.
  onError: "bugs",
};

interface Item {
  productId: string;
  quantity: number;
}

type CartMessage =
  | { type: "addToCart"; item: Item }
  | { type: "removeFromCart"; item: Item }
  | { type: "updateEmail"; email: string }
  | { type: "checkout" }
  | { type: "getCart" };

interface Config {
  abandonedCartTimeoutMS?: number;
}

/** The cart of one customer: lives until they check out, or have not been heard of for two timeouts in a row. */
export default async function cart({ abandonedCartTimeoutMS = 10_000 }: Config = {}) {
  const messages = channel<CartMessage>("main");
  const quantities = new Map<string, number>();
  let email = "";
  let reminded = false;

  for (;;) {
    const message = await Promise.race([messages.receive(), idle(abandonedCartTimeoutMS)]);
    const items = Array.from(quantities, ([productId, quantity]) => ({ productId, quantity }));

    if (message.type === "idle") {
      // Without an address there is nobody to remind.
      if (reminded || !email) return "abandoned";
      W.output(email, "ecommerce-reminder");
      reminded = true;
      continue;
    }

    reminded = false;
    switch (message.type) {
      case "addToCart":
        change(message.item.productId, message.item.quantity);
        break;
      case "removeFromCart":
        change(message.item.productId, -message.item.quantity);
        break;
      case "updateEmail":
        email = message.email;
        break;
      case "getCart":
        W.outputJSON({ items, email }, "getCart");
        break;
      case "checkout":
        if (items.length > 0 && email) return { items, email };
        W.output(`Must have ${items.length > 0 ? "email" : "items"} to check out!`, "checkoutError");
        break;
      default:
        console.warn("not a message for a cart:", message);
    }
  }

  function change(productId: string, by: number): void {
    const quantity = (quantities.get(productId) ?? 0) + by;
    if (quantity > 0) quantities.set(productId, quantity);
    else quantities.delete(productId);
  }
}

async function idle(ms: number): Promise<{ type: "idle" }> {
  await sleep(ms);
  return { type: "idle" };
}
