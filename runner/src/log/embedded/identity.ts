// What the log is called and which numbers it has given away.

import { randomBytes } from "node:crypto";
import type { Round } from "./journal.js";
import { LOG_KEY } from "./keys.js";
import { type LogRow, writeRow } from "./rows.js";

export class LogIdentity {
  #row: LogRow;

  private constructor(row: LogRow) {
    this.#row = row;
  }

  static of(row: LogRow): LogIdentity {
    return new LogIdentity(row);
  }

  /** A random id, written as Kafka writes its own. */
  static make(): LogIdentity {
    return new LogIdentity({ clusterId: randomBytes(16).toString("base64url"), nextTopicId: 1, nextProducerId: 1 });
  }

  get clusterId(): string {
    return this.#row.clusterId;
  }

  takeTopicId(round: Round): number {
    const { nextTopicId } = this.#row;
    this.#row = { ...this.#row, nextTopicId: nextTopicId + 1 };
    this.write(round);
    return nextTopicId;
  }

  takeProducerId(round: Round): number {
    const { nextProducerId } = this.#row;
    this.#row = { ...this.#row, nextProducerId: nextProducerId + 1 };
    this.write(round);
    return nextProducerId;
  }

  write(round: Round): void {
    round.put(LOG_KEY, writeRow(LOG_KEY, this.#row));
  }
}
