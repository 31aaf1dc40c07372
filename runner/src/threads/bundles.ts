// Bundles on their compacted topic. Key: the bundle's hash; value: its gzip, or the first part of it, header `kwf-parts` says how many
// there are; the others lie under `<hash>/1`, `<hash>/2`, … Part 0 is written last.
//
// I1 What is given out has the hash that was asked for, whoever wrote the topic.
// I2 A bundle is on the topic, acknowledged, before a thread can be saved that needs it.

import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Log, LogRecord, PlainRecord } from "../log/log.js";

const PART_BYTES = 512 * 1024;
const MAX_SOURCE_BYTES = 256 * 1024 * 1024;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

interface Part {
  readonly value: Buffer;
  readonly parts: number | undefined;
}

export interface PublishedBundle {
  readonly hash: string;
  /** As it lies on the topic, compressed. */
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

export class Bundles {
  readonly #log: Log;
  readonly #topic: string;
  readonly #sources = new Map<string, string>();
  readonly #parts = new Map<string, Part>();
  /** Of every key that is on the topic. */
  readonly #records = new Map<string, { readonly bytes: number; readonly timestamp: number }>();
  /** The next offset to read, by partition. */
  readonly #read = new Map<number, number>();
  #reading: Promise<void> | undefined;

  constructor(log: Log, topic: string) {
    this.#log = log;
    this.#topic = topic;
  }

  /** Undefined: it is not on the topic, or what is there under its name is something else. */
  async source(hash: string): Promise<string | undefined> {
    const known = this.#sources.get(hash) ?? (await this.#assemble(hash));
    if (known !== undefined) return known;
    this.#reading ??= this.#readNew().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.#assemble(hash);
  }

  /** Every one that is there, whole or not, the oldest first. */
  async list(): Promise<PublishedBundle[]> {
    await this.#readNew();
    const found = new Map<string, { hash: string; bytes: number; publishedAt: number }>();
    for (const [key, { bytes, timestamp }] of this.#records) {
      const [hash = key] = key.split("/");
      const one = found.get(hash) ?? { hash, bytes: 0, publishedAt: 0 };
      found.set(hash, { hash, bytes: one.bytes + bytes, publishedAt: Math.max(one.publishedAt, timestamp) });
    }
    return [...found.values()].sort((a, b) => a.publishedAt - b.publishedAt);
  }

  /** Part 0 goes first: what is left of it afterwards is no bundle. False: it is not there. */
  async remove(hash: string): Promise<boolean> {
    await this.#readNew();
    const keys = [...this.#records.keys()].filter((key) => key === hash || key.startsWith(`${hash}/`)).sort();
    for (const key of keys) await this.#log.produce([{ topic: this.#topic, partition: 0, key, value: null }]);
    this.#sources.delete(hash);
    return keys.length > 0;
  }

  /** Resolves when the bundle can be read by everybody. */
  async publish(hash: string, source: string): Promise<void> {
    if ((await this.source(hash)) !== undefined) return;
    const bytes = await compress(Buffer.from(source), { level: 9 });
    const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    for (let n = parts - 1; n >= 0; n--) {
      const value = bytes.subarray(n * PART_BYTES, (n + 1) * PART_BYTES);
      const key = n === 0 ? hash : `${hash}/${n}`;
      const headers: PlainRecord["headers"] = n === 0 ? [["kwf-parts", String(parts)]] : [];
      await this.#log.produce([{ topic: this.#topic, partition: 0, key, value, headers }]);
    }
    this.#sources.set(hash, source);
  }

  async #assemble(hash: string): Promise<string | undefined> {
    const first = this.#parts.get(hash);
    if (first === undefined) return undefined;
    const all: Buffer[] = [first.value];
    for (let n = 1; n < (first.parts ?? 1); n++) {
      const part = this.#parts.get(`${hash}/${n}`);
      if (part === undefined) return undefined;
      all.push(part.value);
    }
    let source: string;
    try {
      source = (await decompress(Buffer.concat(all), { maxOutputLength: MAX_SOURCE_BYTES })).toString();
    } catch {
      return undefined;
    }
    if (createHash("sha256").update(source).digest("hex").slice(0, 32) !== hash) return undefined; // I1
    this.#sources.set(hash, source);
    for (let n = 1; n < all.length; n++) this.#parts.delete(`${hash}/${n}`);
    return source;
  }

  async #readNew(): Promise<void> {
    const description = (await this.#log.describeTopics([this.#topic])).get(this.#topic);
    for (let partition = 0; partition < (description?.partitions ?? 0); partition++) {
      const where = { topic: this.#topic, partition };
      const [start = 0] = await this.#log.startOffsets([where]);
      const [end = 0] = await this.#log.endOffsets([where], "committed");
      const from = Math.max(start, this.#read.get(partition) ?? 0);
      if (from >= end) continue;
      const reader = this.#log.reader({ ...where, from });
      try {
        while (reader.position < end) for (const record of (await reader.read()).records) this.#take(record);
        this.#read.set(partition, reader.position);
      } finally {
        await reader.close();
      }
    }
  }

  #take({ key, value, headers, timestamp }: LogRecord): void {
    if (key === null) return;
    const name = key.toString();
    const parts = headers.find(([header]) => header === "kwf-parts")?.[1]?.toString();
    if (value === null) {
      this.#parts.delete(name);
      this.#records.delete(name);
      return;
    }
    this.#parts.set(name, { value, parts: parts === undefined ? undefined : Number(parts) });
    this.#records.set(name, { bytes: value.length, timestamp });
  }
}
