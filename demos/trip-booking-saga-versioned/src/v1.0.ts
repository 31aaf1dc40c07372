import { type Handoff, handOff, type Start, upgrade, type Version } from "@kwf-demos/versioning";
import { type Booking, Bookings } from "./bookings.js";
import { releaseLater } from "./release.js";

const VERSION: Version = { major: 1, minor: 0, patch: 0 };

interface Trip {
  /** How long a booking is kept for the version that takes over. */
  releaseAfterMS?: number;
}

export interface TripStart extends Start<Trip> {
  workflow: "trip-booking-versioned";
}

export interface TripHandoff extends Handoff<Trip, Booking> {
  workflow: "trip-booking-versioned";
}

/** Books a hotel, a flight and a car: all of them, or none. Meanwhile it can be told to hand over to a later version. */
export async function bookTrip(envelope: Start<Trip>) {
  const { bookingId, payload } = envelope;
  const { releaseAfterMS } = payload;
  const bookings = new Bookings(bookingId, VERSION);
  try {
    const trip = Promise.all([bookings.reserve("hotel"), bookings.reserve("flight"), bookings.reserve("car")]);
    const outcome = await Promise.race([trip, upgrade(VERSION)]);
    if (Array.isArray(outcome)) {
      const [hotel, flight, transport] = outcome;
      return { version: VERSION, bookingId, hotel, flight, transport };
    }
    // What was in flight has been cancelled by the race.
    for (const booking of bookings.made) releaseLater(bookingId, booking, releaseAfterMS);
    handOff(envelope, VERSION, outcome, payload, bookings.made);
    const booked = bookings.made.map(({ kind, reservationId }) => ({ kind, reservationId }));
    return { status: "upgraded", fromVersion: VERSION, toVersion: outcome, booked };
  } catch (error) {
    bookings.cancelAll();
    throw error;
  }
}
