// `Temporal.Now`, where Node has Temporal: the step's clock. The zone is the host's, as that of `Date`.
import { now } from "./clock.js";

interface Zoned {
  toPlainDateTime(): object;
  toPlainDate(): object;
  toPlainTime(): object;
}
interface Instant {
  toZonedDateTimeISO(zone: unknown): Zoned;
}
interface Temporal {
  readonly Now: { timeZoneId(): string };
  readonly Instant: { fromEpochMilliseconds(ms: number): Instant };
}

/** Replaces what asks the host for the time. */
export function installTemporal(): void {
  const { Temporal } = globalThis as { Temporal?: Temporal };
  if (Temporal === undefined) return;
  const { Now, Instant } = Temporal;
  const instant = (): Instant => Instant.fromEpochMilliseconds(now());
  const zoned = (zone: unknown): Zoned => instant().toZonedDateTimeISO(zone === undefined ? Now.timeZoneId() : zone);
  const methods = {
    instant,
    zonedDateTimeISO: (zone?: unknown) => zoned(zone),
    plainDateTimeISO: (zone?: unknown) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone?: unknown) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone?: unknown) => zoned(zone).toPlainTime(),
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(value, "name", { value: name, configurable: true });
    Object.defineProperty(value, "length", { value: 0, configurable: true });
    Object.defineProperty(Now, name, { value, writable: true, enumerable: false, configurable: true });
  }
}
