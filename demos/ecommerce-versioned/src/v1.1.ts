import { channel } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import type { Handoff, Start, Version } from "@kwf-demos/versioning";
import { type CartMessage, emptyCart, handle, type Input, idle } from "./cart.js";
import type { RemindedCart } from "./v1.0.js";

const VERSION: Version = { major: 1, minor: 1, patch: 0 };

interface DiscountedCart extends RemindedCart {
  discountCode?: string;
}

export const shop = ({ payload }: Start<Input>) => serve({ ...emptyCart(payload), reminderStage: 0 });

/** Goes on with a cart of 1.0. */
export const adoptCart = ({ payload }: Handoff<RemindedCart>) => serve(payload.input);

/** Reminds the customer twice, the second time with a discount. */
async function serve(cart: DiscountedCart) {
  const messages = channel<CartMessage>("main");

  for (;;) {
    const message = await Promise.race([messages.receive(), idle(cart.config)]);

    if (message.type === "idle") {
      if (!cart.email || cart.reminderStage === 2) return "abandoned";
      cart.reminderStage++;
      if (cart.reminderStage === 1) W.output(cart.email, "ecommerce-reminder");
      else {
        cart.discountCode = "SAVE10";
        W.outputJSON({ email: cart.email, code: cart.discountCode }, "ecommerce-discount-reminder");
      }
      continue;
    }
    if (handle(cart, message)) {
      const { email, items, discountCode } = cart;
      return { version: VERSION, email, items, discountCode };
    }
  }
}
