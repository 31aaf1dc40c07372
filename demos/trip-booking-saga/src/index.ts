import { timeout } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "trip-booking-saga",
  outputTopics: [
    ...["saga-reserve-car", "saga-reserve-hotel", "saga-reserve-flight"],
    ...["saga-cancel-car", "saga-cancel-hotel", "saga-cancel-flight"],
  ],
};

type Part = "car" | "hotel" | "flight";

interface Booking {
  id: string;
}

interface Trip {
  /** For the demo: the traveller's code fails once the hotel is booked. */
  throwAfterHotel?: boolean;
  /** How long the three services may take together. */
  timeoutMS?: number;
}

/** Books a car, a hotel and a flight: all of them, or none. */
export default async function bookTrip({ throwAfterHotel = false, timeoutMS = 1000 }: Trip = {}) {
  const compensations: (() => void)[] = [];

  async function reserve(part: Part): Promise<Booking> {
    const reply = W.ref<Booking>(part);
    W.outputJSON({ ref: reply.id }, `saga-reserve-${part}`);
    const cancel = (): void => W.outputJSON({ ref: reply.id }, `saga-cancel-${part}`);
    try {
      const booking = await reply;
      compensations.push(cancel);
      return booking;
    } catch (reason) {
      // Nobody waits for the answer any more, but the service may still book: it is told at once.
      if (reason instanceof W.CancelToken) cancel();
      throw reason;
    }
  }

  async function reserveHotel(): Promise<Booking> {
    const hotel = await reserve("hotel");
    if (throwAfterHotel) throw new Error("the traveller changed their mind");
    return hotel;
  }

  try {
    const parts = Promise.all([reserve("car"), reserveHotel(), reserve("flight")]);
    const [car, hotel, flight] = await timeout(timeoutMS, parts);
    return { car, hotel, flight };
  } catch (error) {
    for (const undo of compensations.reverse()) undo();
    throw error;
  }
}
