import type * as W from "@kwf/workflow";
import { runVersion, type UpgradeManager, upgradeManager } from "@kwf-demos/versioning";
import { type DelayedRelease, delayedRelease } from "./release.js";
import { bookTrip as bookTrip1_0, type TripHandoff, type TripStart } from "./v1.0.js";
import { adoptTrip, bookTrip as bookTrip1_1 } from "./v1.1.js";
import { bookTrip as bookTrip2_0 } from "./v2.0.js";

export const manifest: W.Manifest = {
  name: "trip-booking-saga-versioned",
  outputTopics: [
    ...["versioned-reserve-car", "versioned-reserve-hotel", "versioned-reserve-flight", "versioned-reserve-taxi"],
    ...["versioned-cancel-car", "versioned-cancel-hotel", "versioned-cancel-flight", "versioned-cancel-taxi"],
  ],
  // A command without its fields pauses the trip; an operator can discard it.
  onError: "bugs",
};

const versions = {
  "1.0": { start: bookTrip1_0 },
  "1.1": { start: bookTrip1_1, handoff: adoptTrip },
  "2.0": { start: bookTrip2_0 },
};

/** One bundle: a trip in each of its versions, the release of a booking, and the manager of upgrades. */
export default async function main(input: TripStart | TripHandoff | DelayedRelease | UpgradeManager) {
  switch (input.workflow) {
    case "trip-booking-versioned":
      return await runVersion(versions, input);
    case "versioning-delayed-release":
      return await delayedRelease(input.command);
    case "versioning-upgrade-manager":
      return await upgradeManager(input.command);
    default:
      throw new Error(`no workflow ${JSON.stringify((input as { workflow?: unknown }).workflow)} here`);
  }
}
