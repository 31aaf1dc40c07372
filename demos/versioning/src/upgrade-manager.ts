import { resume, topic } from "@kwf/patterns";
import type { UpgradeCommand, Version } from "./index.js";

/** A running thread, and where it hears upgrade commands. */
interface Target {
  bookingId: string;
  ref: string;
}

/** What the upgrade manager, a workflow of the same bundle, is started with. */
export interface UpgradeManager {
  workflow: "versioning-upgrade-manager";
  command: { workflow: string; targetVersion: Version; targets: Target[] };
}

const dispatches = topic<Target & UpgradeCommand>("versioning-upgrade-dispatch");

/** Tells each thread once to hand over to a version. One that is named without a ref cannot be told: it is skipped. */
export async function upgradeManager({ targetVersion, targets }: UpgradeManager["command"]) {
  const dispatched: string[] = [];
  const skipped: string[] = [];
  const told = new Set<string>();

  for (const { bookingId, ref } of targets) {
    const target = `${bookingId}|${ref}`;
    if (told.has(target)) continue;
    told.add(target);
    if (!bookingId || !ref) {
      skipped.push(bookingId);
      continue;
    }
    dispatches.send({ bookingId, ref, targetVersion }, { key: bookingId });
    resume({ thread: bookingId, ref }, { targetVersion } satisfies UpgradeCommand);
    dispatched.push(bookingId);
  }
  return { targetVersion, dispatched, skipped };
}
