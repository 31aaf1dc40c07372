// Not every client chooses partitions as Kafka's own do (librdkafka does not, if nobody tells it to): a record that lies elsewhere is handed
// on, as it came, to the partition of its key.
//
// I1 A thread that lives here all the same keeps its records.
// I2 What nobody can understand stays where it is: its dead letter names the place where it was written.

import { type InputRecord, parseCommand } from "@kwf/engine";
import { partitionOf } from "../log/partitioner.js";
import { isUnreadable } from "./input.js";
import type { Arrived } from "./transaction-records.js";

export interface Place {
  readonly partition: number;
  readonly partitions: number;
  /** Of these threads, those of which there is something here. */
  readonly livingHere: (threads: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** The same records; those that belong elsewhere say so. */
export async function placed(all: readonly Arrived[], place: Place): Promise<readonly Arrived[]> {
  const { partition, partitions, livingHere } = place;
  const homes = all.map(({ input }) => {
    const home = isUnreadable(input) || input.key === null ? partition : partitionOf(input.key, partitions);
    if (home === partition || parseCommand(input as InputRecord).type === "unreadable") return undefined; // I2
    return home;
  });
  if (homes.every((home) => home === undefined)) return all;
  const strangers = all.flatMap(({ input }, index) =>
    homes[index] === undefined ? [] : [(input as InputRecord).key!],
  );
  const living = await livingHere([...new Set(strangers)]);
  return all.map((one, index) => {
    const elsewhere = homes[index];
    if (elsewhere === undefined || living.has((one.input as InputRecord).key!)) return one; // I1
    return { ...one, elsewhere };
  });
}
