// Owns how the database of a directory is opened or made: marker, room on the disk, holes in the write-ahead log, RocksDB, holder.
// Whose data it is (a store's, a log's) is the caller's to say, by the format it gives.

import { setTimeout as sleep } from "node:timers/promises";
import type { OpenOptions } from "../store.js";
import { StoreDamaged, type StoreError, StoreFormatUnknown, StoreLocked } from "../store-error.js";
import { Database } from "./database.js";
import { DiskSpace } from "./disk-space.js";
import { isLocked, problemOf } from "./problem.js";
import { StoreDirectory } from "./store-directory.js";
import { findHole } from "./write-ahead-log.js";

export interface DatabaseSettings extends OpenOptions {
  /** Bytes of data kept in memory for reading; 8 MiB, if absent. */
  readonly cacheBytes?: number;
  /** Bytes collected in memory before they become a file; up to twice as much is held; 4 MiB, if absent. */
  readonly writeBufferBytes?: number;
  /** Batches are refused as StoreDiskFull when less than this would be left on the disk; room for the buffers and 8 MiB, if absent. */
  readonly reserveBytes?: number;
  /** Every batch was synced before the next one: what is damaged before others is no trace of a crash (write-ahead-log.ts, I3). */
  readonly synced?: boolean;
}

export interface OpenedDatabase {
  readonly here: StoreDirectory;
  readonly database: Database;
  readonly space: DiskSpace;
  /** Bytes of all full buffers. */
  readonly buffers: number;
  /** Why what was there before was thrown away. */
  readonly rebuilt: StoreError | undefined;
}

const WRITE_BUFFER = 4 << 20;

/** Throws StoreLocked, StoreForeign, StoreDamaged, StoreFormatUnknown, StoreDiskFull, StoreIOError, StoreUnavailable. */
export async function openDatabase(
  directory: string,
  format: string,
  settings: DatabaseSettings,
): Promise<OpenedDatabase> {
  const here = new StoreDirectory(directory, format);
  const buffers = 2 * (settings.writeBufferBytes ?? WRITE_BUFFER);
  const space = new DiskSpace(directory, settings.reserveBytes ?? buffers + (8 << 20));
  let rebuilt: StoreError | undefined;
  let database: Database | undefined;
  try {
    try {
      if ((await here.inspect()) === "open") {
        await space.mustHaveRoomFor(0);
        await mustHaveNoHole(here, settings.synced);
        database = await open(here, settings, false);
      }
    } catch (error) {
      const problem = problemOf(directory, error);
      const hopeless = problem instanceof StoreDamaged || problem instanceof StoreFormatUnknown;
      if (isLocked(error) || !hopeless || settings.unreadable !== "rebuild") throw error;
      rebuilt = problem;
    }
    if (database === undefined) {
      await here.empty();
      await space.mustHaveRoomFor(0);
      database = await open(here, settings, true);
      await here.mark("ready");
    }
    await here.hold();
    return { here, database, space, buffers, rebuilt };
  } catch (error) {
    await database?.close(async () => true);
    if (isLocked(error)) throw new StoreLocked(directory, await here.holder(), { cause: error });
    throw problemOf(directory, error);
  }
}

function open(here: StoreDirectory, settings: DatabaseSettings, createIfMissing: boolean): Promise<Database> {
  return Database.open(here.database, {
    createIfMissing,
    cacheSize: settings.cacheBytes ?? 8 << 20,
    writeBufferSize: settings.writeBufferBytes ?? WRITE_BUFFER,
  });
}

/** The lock is not held yet: what looks like a hole may be another process at work, so it has to be seen more than once. */
async function mustHaveNoHole(here: StoreDirectory, synced: boolean | undefined): Promise<void> {
  let hole: string | undefined;
  for (let looks = 0; looks < 3; looks++) {
    if (looks > 0) await sleep(20);
    hole = await findHole(here.database, synced);
    if (hole === undefined) return;
  }
  throw new StoreDamaged(here.path, `batches are missing from its write-ahead log: ${hole}`);
}
