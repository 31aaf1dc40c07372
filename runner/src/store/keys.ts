// Owns the layout of the key space of a store. The first byte is the space:
//
//   00                    the store's own: nobody else reads or writes there
//     00 63               the checkpoint
//   72 'r' <key>          what the changelog holds under a reserved key (position, held records, markers), by that key
//   73 's' <timer key>    a timer of the scheduler, by the key of the record that set it; in a store of its role
//   74 't' <thread id>    the continuation of a thread, by its id in UTF-8
//   78 'x' <entry>        indexes for listing: made from the others, never in the changelog, free to be thrown away
//
// I1 A thread id, whatever its bytes, never meets a key of another space.
// I2 Keys of one space lie together and in the order of what follows the first byte, so that a prefix lists them.

import { StoreKeyRefused } from "./store-error.js";

export const Space = { own: 0x00, reserved: 0x72, timer: 0x73, thread: 0x74, index: 0x78 } as const;

/** Everything of a space, as the prefix of a range. */
export const spaceOf = (space: Exclude<keyof typeof Space, "own">): Uint8Array => Uint8Array.of(Space[space]);

export const threadKey = (threadId: Uint8Array | string): Uint8Array => inSpace(Space.thread, threadId);
export const timerKey = (key: Uint8Array | string): Uint8Array => inSpace(Space.timer, key);
export const reservedKey = (changelogKey: Uint8Array | string): Uint8Array => inSpace(Space.reserved, changelogKey);
export const indexKey = (entry: Uint8Array | string): Uint8Array => inSpace(Space.index, entry);

/** What stands behind the space: the thread id, the changelog's key, the entry. */
export const nameOf = (key: Uint8Array): Uint8Array => key.subarray(1);

export const CHECKPOINT_KEY = Uint8Array.of(Space.own, 0x63);

/** The first key that can come after this one. */
export function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The first key behind all that begin with the prefix; undefined if there is none. */
export function endOf(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1]!++;
  return end;
}

/** Throws StoreKeyRefused for a key that callers may not use. */
export function checkKey(key: Uint8Array): void {
  if (key.length === 0) throw new StoreKeyRefused("a key of the store cannot be empty");
  if (key[0] === Space.own) throw new StoreKeyRefused("keys that begin with byte 0 belong to the store itself");
}

function inSpace(space: number, name: Uint8Array | string): Uint8Array {
  const bytes = typeof name === "string" ? Buffer.from(name) : name;
  const key = new Uint8Array(bytes.length + 1);
  key[0] = space;
  key.set(bytes, 1);
  return key;
}
