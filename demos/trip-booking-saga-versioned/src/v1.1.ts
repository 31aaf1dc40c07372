import type { Handoff, Start, Version } from "@kwf-demos/versioning";
import { type Booking, Bookings, type Kind } from "./bookings.js";
import { cancelRelease } from "./release.js";

const VERSION: Version = { major: 1, minor: 1, patch: 0 };

/** Books a hotel, a flight and a car, or a taxi where there is no car: all of them, or none. */
export const bookTrip = ({ bookingId }: Start<unknown>) => book(bookingId, []);

/** The same with what 1.0 has booked already. */
export const adoptTrip = ({ bookingId, payload }: Handoff<unknown, Booking>) => book(bookingId, payload.booked);

async function book(bookingId: string, adopted: Booking[]) {
  const bookings = new Bookings(bookingId, VERSION);

  async function reserve(kind: Kind): Promise<Booking> {
    const booking = adopted.find((found) => found.kind === kind);
    if (!booking) return await bookings.reserve(kind);
    cancelRelease(bookingId, booking);
    return bookings.add(booking);
  }

  async function reserveTransport(): Promise<Booking> {
    try {
      return await reserve("car");
    } catch (error) {
      if (error === "car unavailable") return await reserve("taxi");
      throw error;
    }
  }

  try {
    const parts = [reserve("hotel"), reserve("flight"), reserveTransport()] as const;
    const [hotel, flight, transport] = await Promise.all(parts);
    return { version: VERSION, bookingId, hotel, flight, transport };
  } catch (error) {
    bookings.cancelAll();
    throw error;
  }
}
