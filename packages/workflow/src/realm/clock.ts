// The realm's clock. It stands still: at a fixed instant while the bundle loads, and at the step's own
// instant during a step, so that a realm made anew is the same realm and a test clock can drive it.

/** 2020-01-01T00:00:00Z: what the time is while a bundle loads. */
export const LOAD_TIME = 1_577_836_800_000;

let instant = LOAD_TIME;

/** Milliseconds since the epoch, as the running step sees them. */
export const now = (): number => instant;

export const setNow = (epochMs: number): void => {
  instant = epochMs;
};
