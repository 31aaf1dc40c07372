import { hostname } from "node:os";

/** What a store can answer. `code` is stable; the message is for people. */
export abstract class StoreError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Who has a store open, as far as that is known. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

export class StoreLocked extends StoreError {
  readonly code = "store-locked";

  constructor(
    readonly directory: string,
    readonly holder: Holder | undefined,
    options?: ErrorOptions,
  ) {
    super(
      `the state in ${directory} is in use by ${holder === undefined ? "another process" : holderText(holder)}: stop that process, or give this one another --state-dir`,
      options,
    );
  }
}

/** Something else lives in the directory; it was left as it is. */
export class StoreForeign extends StoreError {
  readonly code = "store-foreign";

  constructor(
    readonly directory: string,
    readonly found: string,
  ) {
    super(
      `${directory} holds no kwf state, but ${found}: give an empty directory, or one that does not exist yet, as --state-dir`,
    );
  }
}

/** Bytes on the disk are not what was written there. */
export class StoreDamaged extends StoreError {
  readonly code = "store-damaged";

  constructor(
    readonly directory: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the state in ${directory} is damaged (${reason}): if its changelog is complete, delete the directory and it is built again`,
      options,
    );
  }
}

/** Another release has written the store. */
export class StoreFormatUnknown extends StoreError {
  readonly code = "store-format";

  constructor(
    readonly directory: string,
    readonly found: string,
    readonly supported: string,
  ) {
    super(
      `the state in ${directory} has format ${found} and this release of kwf reads format ${supported}: run the release that wrote it, or, if its changelog is complete, delete the directory and it is built again`,
    );
  }
}

export class StoreDiskFull extends StoreError {
  readonly code = "store-disk-full";

  constructor(
    readonly directory: string,
    /** Bytes that are left, where the store stopped before they were used up. */
    readonly left?: number,
    options?: ErrorOptions,
  ) {
    const found = left === undefined ? "no space is" : `only ${(left / 2 ** 20).toFixed(1)} MiB are`;
    super(`${found} left on the disk of ${directory}: free some; what was not written is not lost`, options);
  }
}

/** The disk or the file system refused; its own words are in the message. */
export class StoreIOError extends StoreError {
  readonly code = "store-io";

  constructor(
    readonly directory: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`the state in ${directory} cannot be read or written: ${reason}`, options);
  }
}

/** The native part could not be loaded on this machine. */
export class StoreUnavailable extends StoreError {
  readonly code = "store-unavailable";
}

/** A mistake of the caller: used after `close`. */
export class StoreClosed extends StoreError {
  readonly code = "store-closed";

  constructor(readonly directory: string) {
    super(`the state in ${directory} is closed`);
  }
}

/** A mistake of the caller: a key outside the layout of keys.ts. */
export class StoreKeyRefused extends StoreError {
  readonly code = "store-key";
}

export function holderText({ pid, host, since }: Holder): string {
  return `process ${pid}${pid === process.pid && host === hostname() ? " (this one)" : ""} on ${host} since ${since}`;
}
