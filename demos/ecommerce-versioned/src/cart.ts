// Owns what every version does alike: what is in the cart, and what the customer's messages do to it.
// Neighbours: v1.0.ts, v1.1.ts and v2.0.ts, which differ in how they remind the customer.
import { sleep } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export interface Item {
  productId: string;
  quantity: number;
}

export type CartMessage =
  | { type: "addToCart"; item: Item }
  | { type: "removeFromCart"; item: Item }
  | { type: "updateEmail"; email: string }
  | { type: "checkout" }
  | { type: "getCart" };

export interface Input {
  abandonedCartTimeoutMS?: number;
}

export interface Cart {
  config: Required<Input>;
  items: Item[];
  email: string;
}

export const emptyCart = ({ abandonedCartTimeoutMS = 10_000 }: Input): Cart => ({
  config: { abandonedCartTimeoutMS },
  items: [],
  email: "",
});

/** Does to the cart what the customer wants. True: they have checked out. */
export function handle(cart: Cart, message: CartMessage): boolean {
  switch (message.type) {
    case "addToCart":
      change(cart, message.item.productId, message.item.quantity);
      return false;
    case "removeFromCart":
      change(cart, message.item.productId, -message.item.quantity);
      return false;
    case "updateEmail":
      cart.email = message.email;
      return false;
    case "getCart":
      W.outputJSON(cart, "getCart");
      return false;
    case "checkout":
      if (cart.items.length > 0 && cart.email) return true;
      W.output(`Must have ${cart.items.length > 0 ? "email" : "items"} to check out!`, "checkoutError");
      return false;
    default:
      console.warn("not a message for a cart:", message);
      return false;
  }
}

function change({ items }: Cart, productId: string, by: number): void {
  let index = items.findIndex((item) => item.productId === productId);
  if (index < 0) index = items.push({ productId, quantity: 0 }) - 1;
  const item = items[index]!;
  item.quantity += by;
  if (item.quantity <= 0) items.splice(index, 1);
}

/** Nothing is heard of the customer for that long. */
export async function idle({ abandonedCartTimeoutMS }: Required<Input>): Promise<{ type: "idle" }> {
  await sleep(abandonedCartTimeoutMS);
  return { type: "idle" };
}
