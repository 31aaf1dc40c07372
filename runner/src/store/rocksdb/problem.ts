// Owns the meaning of RocksDB's errors: the package gives each as a text, "<kind>: <details>", and nothing else.

import { StoreDamaged, StoreDiskFull, StoreError, StoreIOError } from "../store-error.js";

/** Another opener holds the directory; who, is the store directory's to say. */
export function isLocked(error: unknown): boolean {
  return /^IO error: (?:While lock file|lock hold by current process)/i.test(textOf(error));
}

export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === "ENOSPC" ||
    code === "EDQUOT" ||
    /No space left on device|Disk quota exceeded|Space limit reached/.test(textOf(error))
  );
}

/** Any error of RocksDB, or of the file system beside it, on an existing store. */
export function problemOf(directory: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = textOf(error);
  if (isDiskFull(error)) return new StoreDiskFull(directory, undefined, { cause: error });
  // A file that its own list of files names is not there; without CURRENT RocksDB takes the directory for a new one.
  const missing = /^IO error: No such file or directory/.test(text) || /^Invalid argument: .*does not exist/.test(text);
  if (missing || /^Corruption: |^Not implemented: /.test(text))
    return new StoreDamaged(directory, text, { cause: error });
  return new StoreIOError(directory, text, { cause: error });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
