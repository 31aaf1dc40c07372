// Faults on demand: what a network and a broker can do to their clients, for tests of what stands on the log. Nothing of it is
// in the way when nobody asks for it.

/**
 * Where a request can be lost. Before: it has no effect; after: it has, and nobody hears of it. A hook that waits makes a stalled
 * owner.
 */
export type FaultPoint =
  | "before-fence"
  | "after-fence"
  | "before-send"
  | "after-send"
  | "before-commit"
  | "after-commit"
  | "before-produce"
  | "after-produce";

export interface FaultPlace {
  /** Undefined for `produce`. */
  readonly transactionalId: string | undefined;
}

/** Called at every point; what it throws is what the caller hears, as if the log had said so (LogUnreachable for an answer lost). */
export type FaultHook = (point: FaultPoint, place: FaultPlace) => void | Promise<void>;
