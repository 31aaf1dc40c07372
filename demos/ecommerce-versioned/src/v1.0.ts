import { channel } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import {
  announceUpgrade,
  type Handoff,
  handOff,
  needsUpgrade,
  type Start,
  type UpgradeCommand,
  type Version,
} from "@kwf-demos/versioning";
import { type Cart, type CartMessage, emptyCart, handle, type Input, idle } from "./cart.js";

const VERSION: Version = { major: 1, minor: 0, patch: 0 };

/** What a later version goes on with. */
export interface RemindedCart extends Cart {
  /** How many reminders have gone out. */
  reminderStage: number;
}

export interface CartStart extends Start<Input> {
  workflow: "ecommerce-versioned";
}

export interface CartHandoff extends Handoff<RemindedCart> {
  workflow: "ecommerce-versioned";
}

/** Reminds the customer once. Commands to upgrade come on the same ref as the customer's messages. */
export async function shop(envelope: Start<Input>) {
  const messages = channel<CartMessage | UpgradeCommand>("main");
  const cart: RemindedCart = { ...emptyCart(envelope.payload), reminderStage: 0 };
  announceUpgrade(VERSION, messages.id);

  for (;;) {
    const message = await Promise.race([messages.receive(), idle(cart.config)]);

    if ("targetVersion" in message) {
      const { targetVersion } = message;
      if (!needsUpgrade(VERSION, targetVersion)) continue;
      handOff(envelope, VERSION, targetVersion, cart);
      const { items, email, reminderStage } = cart;
      return { status: "upgraded", fromVersion: VERSION, toVersion: targetVersion, items, email, reminderStage };
    }
    if (message.type === "idle") {
      // Without an address there is nobody to remind.
      if (!cart.email || cart.reminderStage === 1) return "abandoned";
      cart.reminderStage = 1;
      W.output(cart.email, "ecommerce-reminder");
      continue;
    }
    if (handle(cart, message)) return { version: VERSION, email: cart.email, items: cart.items };
  }
}
