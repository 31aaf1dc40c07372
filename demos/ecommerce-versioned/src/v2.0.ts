import { channel } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import type { Start, Version } from "@kwf-demos/versioning";
import { type CartMessage, emptyCart, handle, type Input, idle } from "./cart.js";

const VERSION: Version = { major: 2, minor: 0, patch: 0 };

/** Reminds the customer once, by text message. */
export async function shop({ payload }: Start<Input>) {
  const messages = channel<CartMessage>("main");
  const cart = { ...emptyCart(payload), reminderSent: false };

  for (;;) {
    const message = await Promise.race([messages.receive(), idle(cart.config)]);

    if (message.type === "idle") {
      if (!cart.email || cart.reminderSent) return "abandoned";
      cart.reminderSent = true;
      W.outputJSON({ email: cart.email, channel: "sms" }, "ecommerce-v2-reminder");
      continue;
    }
    if (handle(cart, message)) return { version: VERSION, email: cart.email, items: cart.items, channel: "v2" };
  }
}
