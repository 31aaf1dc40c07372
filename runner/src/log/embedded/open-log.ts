// Who has which directory open. In this process every opener of a directory gets a client of the same broker, and the last one to close
// closes it; another process is refused by the lock in the directory (LogLocked).

import { mkdir, realpath } from "node:fs/promises";
import { Broker, type DirectoryOptions } from "./broker.js";
import { logErrorOf } from "./directory-error.js";
import { type ClientOptions, EmbeddedLog, type Use } from "./embedded-log.js";

export interface EmbeddedLogOptions extends DirectoryOptions, ClientOptions {}

interface Shared {
  readonly broker: Promise<Broker>;
  users: number;
  closing: Promise<void> | undefined;
}

const open = new Map<string, Shared>();

/**
 * The log in that directory, which is made if there is nothing yet. Of what concerns the directory (DirectoryOptions) the first opener in
 * a process decides. Throws LogLocked, LogForeign, LogDamaged, LogFormatUnknown, LogUnavailable, StoreUnavailable.
 */
export async function openEmbeddedLog(directory: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  const path = await pathOf(directory);
  for (;;) {
    const known = open.get(path);
    if (known?.closing) {
      await known.closing;
      continue;
    }
    const shared = known ?? { broker: Broker.open(directory, options), users: 0, closing: undefined };
    shared.users += 1;
    open.set(path, shared);
    try {
      return new EmbeddedLog(use(path, shared, await shared.broker), options);
    } catch (error) {
      if (open.get(path) === shared) open.delete(path);
      throw error;
    }
  }
}

/** One user of it, counted already. */
function use(path: string, shared: Shared, broker: Broker): Use {
  return {
    broker,
    again: () => {
      shared.users += 1;
      return use(path, shared, broker);
    },
    end: async () => {
      shared.users -= 1;
      if (shared.users > 0) return;
      shared.closing = broker.close().finally(() => open.delete(path));
      await shared.closing;
    },
  };
}

/** One name for a directory, whatever it is called. */
async function pathOf(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    return await realpath(directory);
  } catch (error) {
    throw logErrorOf(directory, error);
  }
}
