// Owns the rule that RocksDB is never left without space: version 6.17.3 that meets a full disk while it moves a buffer into a file
// cannot be closed any more before the move has succeeded (ErrorHandler::RecoverFromRetryableBGIOError, when told to end, forgets to say
// that it did; facebook/rocksdb 6.17.3 db/error_handler.cc). The same while it tries again only because a compaction has met a full disk
// during the try before. So batches are refused earlier, while there is room for all buffers.
// Neighbour: database.ts waits with closing where this did not help, because others filled the disk.

import { statfs } from "node:fs/promises";
import { StoreDiskFull } from "../store-error.js";

/** Between two looks at the disk at most so many bytes are written, and so many ms pass. */
const LOOK_BYTES = 1 << 20;
const LOOK_MS = 200;

export class DiskSpace {
  #unseen = Number.POSITIVE_INFINITY;
  #seenAt = 0;

  constructor(
    readonly directory: string,
    readonly reserve: number,
  ) {}

  /** Before so many bytes are written. Throws StoreDiskFull when they would come out of the reserve. */
  async mustHaveRoomFor(bytes: number): Promise<void> {
    this.#unseen += bytes;
    const now = performance.now();
    if (this.#unseen < LOOK_BYTES && now - this.#seenAt < LOOK_MS) return;
    const free = await this.free();
    if (free < this.reserve + bytes) throw new StoreDiskFull(this.directory, free);
    this.#unseen = 0;
    this.#seenAt = now;
  }

  /** In bytes; infinite where it cannot be found out: the disk itself will tell. */
  async free(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.directory);
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}
