import type { RouteAnswer, RouteBatch } from "./route-batch.js";
import type { StepAnswer, StepBatch } from "./step-batch.js";

/** Where steps run: beside the runner, so that a loop or a full memory takes neither its heartbeats nor its process. */
export interface Steps {
  /** Makes a bundle known by its hash; again is nothing. */
  addBundle(hash: string, source: string): void;
  /** One batch after the other. Throws StepsDied. */
  run(batch: StepBatch): Promise<StepAnswer>;
  /** What records of an input topic mean; in turn with the batches. Throws StepsDied. */
  route(batch: RouteBatch): Promise<RouteAnswer>;
  close(): Promise<void>;
}

/** What ran the steps is gone, and with it all of the batch; the step of this record was running. */
export class StepsDied extends Error {
  override readonly name = "StepsDied";

  constructor(
    /** Of the records of the batch; undefined if none was running. */
    readonly index: number | undefined,
    reason: string,
  ) {
    super(reason);
  }
}
