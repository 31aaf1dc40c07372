import type * as W from "@kwf/workflow";
import { runVersion, type UpgradeManager, upgradeManager } from "@kwf-demos/versioning";
import { type CartHandoff, type CartStart, shop as shop1_0 } from "./v1.0.js";
import { adoptCart, shop as shop1_1 } from "./v1.1.js";
import { shop as shop2_0 } from "./v2.0.js";

export const manifest: W.Manifest = {
  name: "ecommerce-versioned",
  outputTopics: [
    ...["getCart", "checkoutError"],
    ...["ecommerce-reminder", "ecommerce-discount-reminder", "ecommerce-v2-reminder"],
  ],
  // A message without the fields it should have pauses this cart; an operator can discard it.
  onError: "bugs",
};

const versions = {
  "1.0": { start: shop1_0 },
  "1.1": { start: shop1_1, handoff: adoptCart },
  "2.0": { start: shop2_0 },
};

/** One bundle: a cart in each of its versions, and the manager of upgrades. */
export default async function main(input: CartStart | CartHandoff | UpgradeManager) {
  switch (input.workflow) {
    case "ecommerce-versioned":
      return await runVersion(versions, input);
    case "versioning-upgrade-manager":
      return await upgradeManager(input.command);
    default:
      throw new Error(`no workflow ${JSON.stringify((input as { workflow?: unknown }).workflow)} here`);
  }
}
