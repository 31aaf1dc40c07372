// Owns the delayed release of a booking: a thread of its own that gives it up after a while, unless a message comes to retain it.
import { resume, sleep, topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import type { Booking } from "./bookings.js";

const HOUR_MS = 3_600_000;

interface Release {
  bookingId: string;
  resource: Booking;
  delayMS: number;
}

/** What the thread is started with. */
export interface DelayedRelease {
  workflow: "versioning-delayed-release";
  command: Release;
}

interface Retain extends Booking {
  bookingId: string;
}

const starts = topic<Release>("versioning-release-start");
const cancellations = topic<Retain>("versioning-release-cancel");
const awaitRetain = topic<{ ref: string; bookingId: string; releaseId: string }>("versioning-await-retain");
const fired = topic<Release>("versioning-release-fired");
const retained = topic<Release>("versioning-release-retained");

const threadOf = ({ releaseId }: Booking): string => `versioning-release:${releaseId}`;
const retainRefOf = ({ releaseId }: Booking): string => `versioning-retain:${releaseId}`;

/** Starts the release of a booking that nobody holds for the time being. */
export function releaseLater(bookingId: string, resource: Booking, delayMS = HOUR_MS): void {
  const command: Release = { bookingId, resource, delayMS };
  starts.send(command);
  W.ensureThread({ workflow: "versioning-delayed-release", command } satisfies DelayedRelease, threadOf(resource));
}

/** The booking is held again. */
export function cancelRelease(bookingId: string, resource: Booking): void {
  const { releaseId, reservationId, kind } = resource;
  const retain: Retain = { bookingId, releaseId, reservationId, kind };
  cancellations.send(retain);
  resume({ thread: threadOf(resource), ref: retainRefOf(resource) }, retain);
}

export async function delayedRelease(release: Release) {
  const { bookingId, resource, delayMS } = release;
  const retain = W.refId<Retain>(retainRefOf(resource));
  awaitRetain.send({ ref: retain.id, bookingId, releaseId: resource.releaseId });
  const isRetained = await Promise.race([retain.then(() => true), sleep(delayMS)]);
  if (isRetained) {
    retained.send(release);
    return { retained: resource.reservationId };
  }
  fired.send(release);
  return { released: resource.reservationId };
}
