import type { Start, Version } from "@kwf-demos/versioning";
import { Bookings } from "./bookings.js";

const VERSION: Version = { major: 2, minor: 0, patch: 0 };

/** Books a hotel, a flight and a taxi: all of them, or none. */
export async function bookTrip({ bookingId }: Start<unknown>) {
  const bookings = new Bookings(bookingId, VERSION);
  try {
    const parts = [bookings.reserve("hotel"), bookings.reserve("flight"), bookings.reserve("taxi")] as const;
    const [hotel, flight, transport] = await Promise.all(parts);
    return { version: VERSION, bookingId, hotel, flight, transport };
  } catch (error) {
    bookings.cancelAll();
    throw error;
  }
}
