import { now } from "./clock.js";

/** The step's clock in its other dress: it does not advance within a step, and goes on across steps. */
export class Performance {
  readonly timeOrigin = 0;

  now(): number {
    return now();
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.timeOrigin };
  }
}
Object.defineProperty(Performance.prototype, Symbol.toStringTag, { value: "Performance", configurable: true });
