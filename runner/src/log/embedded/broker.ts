// The log in a directory: what its clients in this process (embedded-log.ts) share. It owns opening and closing; topics.ts,
// producers.ts, groups.ts and cleaner.ts own what is in it, journal.ts how it is written.

import type { Database } from "../../store/rocksdb/database.js";
import type { DiskSpace } from "../../store/rocksdb/disk-space.js";
import { openDatabase } from "../../store/rocksdb/open-database.js";
import type { StoreDirectory } from "../../store/rocksdb/store-directory.js";
import { Cleaner } from "./cleaner.js";
import { LogDamaged, LogFormatUnknown, logErrorOf } from "./directory-error.js";
import { Groups } from "./groups.js";
import { LogIdentity } from "./identity.js";
import { Journal } from "./journal.js";
import { ALL_ROWS, readAbortedKey, readPartitionKey, spaceOf, textOf } from "./keys.js";
import type { Partition } from "./partition.js";
import { Producers } from "./producers.js";
import { type AbortedRow, type LogRow, type PartitionRow, type ProducerRow, readRow, type TopicRow } from "./rows.js";
import { Topics } from "./topics.js";

const FORMAT = "kwf-log-1";
const WRITE_BUFFER = 8 << 20;

export interface DirectoryOptions {
  /** Bytes of data kept in memory for reading; 8 MiB, if absent. */
  readonly cacheBytes?: number;
  /** How often retention and compaction look for work that no write has told them of; 300,000 ms, if absent. */
  readonly cleanEveryMs?: number;
}

export class Broker {
  readonly topics: Topics;
  readonly producers: Producers;
  readonly groups: Groups;
  readonly cleaner: Cleaner;

  readonly identity: LogIdentity;
  readonly journal: Journal;
  readonly #opened: Opened;

  private constructor(
    readonly directory: string,
    opened: Opened,
    own: LogRow | undefined,
    { cleanEveryMs = 300_000 }: DirectoryOptions,
  ) {
    this.#opened = opened;
    this.identity = own === undefined ? LogIdentity.make() : LogIdentity.of(own);
    this.journal = new Journal(directory, opened.database, opened.space);
    this.topics = new Topics(this.journal, this.identity);
    this.cleaner = new Cleaner(directory, opened.database, this.journal, this.topics, cleanEveryMs);
    this.groups = new Groups(this.journal, this.topics);
    this.producers = new Producers(this.journal, this.identity, this.groups, (partition) =>
      this.cleaner.due(partition),
    );
  }

  get database(): Database {
    return this.#opened.database;
  }

  /** Throws LogLocked, LogForeign, LogDamaged, LogFormatUnknown, LogUnavailable; StoreUnavailable. */
  static async open(directory: string, options: DirectoryOptions = {}): Promise<Broker> {
    let opened: Opened | undefined;
    try {
      const settings = {
        writeBufferBytes: WRITE_BUFFER,
        synced: true, // journal.ts, I3
        ...(options.cacheBytes !== undefined && { cacheBytes: options.cacheBytes }),
      };
      opened = await openDatabase(directory, FORMAT, settings);
      return await Broker.#load(directory, opened, options);
    } catch (error) {
      if (opened !== undefined) await shut(opened);
      throw logErrorOf(directory, error);
    }
  }

  static async #load(directory: string, opened: Opened, options: DirectoryOptions): Promise<Broker> {
    const rows = await readRows(directory, opened.database);
    const own = rows.log[0]?.row as LogRow | undefined;
    const broker = new Broker(directory, opened, own, options);
    const { identity, journal } = broker;
    if (own === undefined) await journal.write({ bytes: 100, make: (round) => identity.write(round) });
    const partitions = broker.#restoreTopics(rows);
    for (const { key, row } of rows.producer) {
      const open = new Map<Partition, number>();
      for (const [topicId, partition, first] of (row as ProducerRow).open) {
        const found = partitions.get(`${topicId}-${partition}`);
        if (found) open.set(found, first);
      }
      broker.producers.restore(textOf(key), row as ProducerRow, open);
    }
    for (const { key, row } of rows.groupOffset) {
      const [group, topic, partition] = JSON.parse(textOf(key)) as [string, string, number];
      broker.groups.restoreOffset(group, { topic, partition }, row as number);
    }
    await broker.producers.undoOpen();
    broker.cleaner.start(rows.deleted.map(({ row }) => row as number));
    return broker;
  }

  #restoreTopics(rows: Rows): Map<string, Partition> {
    const partitions = new Map<string, Partition>();
    for (const { key, row } of rows.topic) {
      const topic = this.topics.restore(textOf(key), row as TopicRow);
      for (const partition of topic.partitions) partitions.set(`${topic.id}-${partition.partition}`, partition);
    }
    const at = ({ topicId, partition }: { topicId: number; partition: number }) =>
      partitions.get(`${topicId}-${partition}`);
    for (const { key, row } of rows.partition) at(readPartitionKey(key))?.restore(row as PartitionRow);
    for (const { key, row } of rows.aborted) {
      const { first, producerId, epoch, ...where } = readAbortedKey(key);
      at(where)?.aborted.set(`${producerId}/${epoch}`, { first, last: (row as AbortedRow).last });
    }
    return partitions;
  }

  async close(): Promise<void> {
    await this.cleaner.close();
    this.producers.close();
    await this.journal.close();
    await shut(this.#opened);
  }
}

interface Opened {
  readonly here: StoreDirectory;
  readonly database: Database;
  readonly space: DiskSpace;
  readonly buffers: number;
}

async function shut({ here, database, space, buffers }: Opened): Promise<void> {
  await here.letGo().catch(() => undefined);
  await database.close(async () => (await space.free()) > buffers);
}

type Rows = Record<Exclude<ReturnType<typeof spaceOf>, undefined>, { readonly key: Buffer; readonly row: unknown }[]>;

async function readRows(directory: string, database: Database): Promise<Rows> {
  const rows: Rows = { log: [], topic: [], partition: [], producer: [], aborted: [], groupOffset: [], deleted: [] };
  for await (const [key, sealed] of database.range(ALL_ROWS.gte, ALL_ROWS.lt, -1)) {
    const space = spaceOf(key);
    if (space === undefined)
      throw new LogFormatUnknown(`${directory} holds what a newer release of kwf has written: run that release`);
    const row = readRow(key, sealed);
    if (row === undefined) throw new LogDamaged(directory, `checksum of the row under key ${key.toString("hex")}`);
    rows[space].push({ key, row });
  }
  return rows;
}
