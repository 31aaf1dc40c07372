// A run of records of one input topic through the engine, in order: what each of them means. Nothing is written anywhere.

import { type Bundle, type InputRecord, type Routed, type RouteOptions, route } from "@kwf/engine";

export interface RouteBatch {
  readonly bundle: string;
  /** As the manifest names it. */
  readonly topic: string;
  readonly records: readonly InputRecord[];
  readonly options: RouteOptions;
  /** No further record is looked at after this many milliseconds, or when outputs hold this many bytes; at least one is. */
  readonly budgetMs: number;
  readonly budgetBytes: number;
}

export interface RouteAnswer {
  /** In the order of the records, one for each that was looked at. */
  readonly routed: Routed[];
}

/** `running` is told the index of each record before it is looked at. */
export function runRoutes(
  batch: RouteBatch,
  bundles: ReadonlyMap<string, Bundle>,
  running: (index: number) => void = () => {},
): RouteAnswer {
  const bundle = bundles.get(batch.bundle);
  if (bundle === undefined) throw new Error(`bundle ${batch.bundle} is not loaded`);
  const routed: Routed[] = [];
  const begin = performance.now();
  let bytes = 0;
  for (const [index, record] of batch.records.entries()) {
    if (index > 0 && (bytes > batch.budgetBytes || performance.now() - begin > batch.budgetMs)) break;
    running(index);
    const one = route(bundle, batch.topic, record, batch.options);
    bytes += one.output?.value?.length ?? 0;
    routed.push(one);
  }
  return { routed };
}
