// Owns the position record: where a task is in its input, as it stands in the task's changelog partition under a reserved key. It is
// the truth about the position (design, section 6, 7); the offset of the consumer group is only what other tools see.
//
// I1 Every transaction of a task has one, as its last record, so that the record before a checkpoint's position names the incarnation.
// I2 It is never a tombstone, and only a task that found its changelog partition empty makes the first one.

import { randomUUID } from "node:crypto";
import { Problem } from "../problem.js";

/** No thread id has a `|`, so no thread can have this key. */
export const POSITION_KEY = "|position";
const FORMAT = 1;

export interface Position {
  /** Random, made with the first record of this changelog partition: a topic made anew has another one. */
  readonly incarnation: string;
  /** Of the input topic. The changelog has as many. */
  readonly partitions: number;
  /** The next offset to run, by input topic. */
  readonly next: Readonly<Record<string, number>>;
  /** Which topics those are, by name: one made anew counts other records. Absent in what earlier releases wrote. */
  readonly ids?: Readonly<Record<string, string>> | undefined;
}

export const firstPosition = (
  partitions: number,
  next: Readonly<Record<string, number>>,
  ids?: Readonly<Record<string, string>>,
): Position => ({ incarnation: randomUUID(), partitions, next, ids });

export function encodePosition(position: Position): string {
  return JSON.stringify({ format: FORMAT, ...position });
}

/** Throws Problem `changelog-foreign`. */
export function decodePosition(bytes: Uint8Array, where: string): Position {
  let found: Partial<Position & { format: number }> | null;
  try {
    found = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    found = null;
  }
  if (found?.format !== FORMAT) {
    throw new Problem(
      "changelog-foreign",
      `the position record of ${where} has format ${found?.format ?? "unknown"}, and this release of kwf reads format ${FORMAT}: run the release that wrote it`,
    );
  }
  const { incarnation, partitions, next, ids } = found;
  const sound =
    typeof incarnation === "string" &&
    Number.isSafeInteger(partitions) &&
    typeof next === "object" &&
    next !== null &&
    Object.values(next).every(Number.isSafeInteger) &&
    (ids === undefined ||
      (typeof ids === "object" && ids !== null && Object.values(ids).every((id) => typeof id === "string")));
  if (!sound) throw new Problem("changelog-foreign", `the position record of ${where} is damaged`);
  return { incarnation, partitions, next, ids } as Position;
}
