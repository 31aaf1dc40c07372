// Where the store of a partition lies below the state directory: `<partition>`, or `<partition>~2`, … while another process holds that
// one. Two runners may share a directory; the one that a partition moves to need not wait for one that hangs.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRocksdbStore } from "../store/rocksdb/rocksdb-store.js";
import type { StateStore } from "../store/store.js";
import { StoreLocked } from "../store/store-error.js";

const PATIENCE_MS = 2_000;
const LOOK_MS = 50;
const MOST = 16;

export async function openPartitionStore(stateDirectory: string, partition: number): Promise<StateStore> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let n = 1; ; ) {
    try {
      const name = n === 1 ? String(partition) : `${partition}~${n}`;
      return await openRocksdbStore(join(stateDirectory, name), { unreadable: "rebuild" });
    } catch (error) {
      if (!(error instanceof StoreLocked) || n === MOST) throw error;
      // Whoever had the partition before closes it at this moment.
      if (performance.now() < deadline) await sleep(LOOK_MS);
      else n += 1;
    }
  }
}
