// Owns the bookings of one trip, which every version makes and undoes alike.
import * as W from "@kwf/workflow";
import type { Version } from "@kwf-demos/versioning";

export type Kind = "car" | "hotel" | "flight" | "taxi";

export interface Booking {
  kind: Kind;
  reservationId: string;
  /** Names the release of the booking: release.ts. */
  releaseId: string;
}

export class Bookings {
  /** What is booked, oldest first. */
  readonly made: Booking[] = [];

  constructor(
    readonly bookingId: string,
    readonly version: Version,
  ) {}

  /** Asks the service, and waits for it. */
  async reserve(kind: Kind): Promise<Booking> {
    const { bookingId, version } = this;
    const reply = W.ref(kind);
    const reservationId = `${bookingId}:${kind}:v${version.major}.${version.minor}`;
    const request = { ref: reply.id, bookingId, reservationId, kind };
    W.outputJSON(request, `versioned-reserve-${kind}`);
    try {
      await reply;
    } catch (reason) {
      // Nobody waits for the answer any more, but the service may still book: it is told at once.
      if (reason instanceof W.CancelToken) W.outputJSON(request, `versioned-cancel-${kind}`);
      throw reason;
    }
    return this.add({ kind, reservationId, releaseId: `${bookingId}:${kind}:${reservationId}:release` });
  }

  /** A booking that another version has made. */
  add(booking: Booking): Booking {
    this.made.push(booking);
    return booking;
  }

  /** The last one first. */
  cancelAll(): void {
    const { bookingId } = this;
    for (const { kind, reservationId } of this.made.reverse())
      W.outputJSON({ bookingId, reservationId, kind }, `versioned-cancel-${kind}`);
  }
}
