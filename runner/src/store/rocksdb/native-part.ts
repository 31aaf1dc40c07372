// Owns how the native part of the `rocksdb` package is loaded. On most machines that is `require`.
//
// The package's binary for linux-x64 with glibc was built with the older of GCC's two string types. Node exports functions of C++'s
// regex library that are compiled with the newer one, under the same names, and the dynamic linker prefers those of the program: from
// Node 22 on the binary ends the process while it is loaded (nodejs/node#52436, Level/rocksdb#228). DT_SYMBOLIC in its dynamic section
// tells the linker to prefer the binary's own (ELF gABI, chapter 5), which is what it was built for. So a copy with that one entry
// more is loaded instead. What was compiled on this machine, and binaries of other platforms, are loaded as they are.
//
// I1 The copy is compared with what it should be, byte for byte, before every load, and lies where only this user can write or where
//    the package itself lies.
// I2 All threads of a process load the same file: RocksDB's lock knows a second opener in its own process only by its own variables.

import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { StoreUnavailable } from "../store-error.js";

const require = createRequire(import.meta.url);
const AFFECTED = "node.napi.glibc.node";
const PLATFORM = "linux-x64";
/** Only needed where there are such numbers. */
const USER = process.getuid?.();

export function loadNativePart(): unknown {
  try {
    const manifest = require.resolve("rocksdb/package.json");
    const folder = dirname(manifest);
    const binary: string = createRequire(manifest)("node-gyp-build").resolve(folder);
    if (basename(binary) !== AFFECTED || basename(dirname(binary)) !== PLATFORM) return require("rocksdb");
    return loadCopy(withOwnSymbolsFirst(readFileSync(binary)), [
      join(dirname(folder), ".cache", "kwf-rocksdb"),
      join(tmpdir(), `kwf-rocksdb-${USER}`),
    ]);
  } catch (cause) {
    throw new StoreUnavailable(
      `RocksDB cannot be loaded on ${process.platform}-${process.arch}, Node ${process.version}: ${(cause as Error).message}. The rocksdb package brings binaries for linux-x64, darwin-x64, darwin-arm64 and win32-x64; elsewhere it has to be compiled (npm rebuild rocksdb; needs Python, make and a C++ compiler)`,
      { cause },
    );
  }
}

/** Tries one place after the other: the first may not be writable, the second may not hold programs (noexec). */
function loadCopy(binary: Buffer, places: readonly string[]): unknown {
  const problems: Error[] = [];
  for (const place of places) {
    const before = process.env.ROCKSDB_PREBUILD;
    try {
      keep(join(place, "prebuilds", PLATFORM), binary);
      // Where node-gyp-build, which the package loads its binary with, looks instead.
      process.env.ROCKSDB_PREBUILD = place;
      return require("rocksdb");
    } catch (error) {
      problems.push(error as Error);
    } finally {
      if (before === undefined) delete process.env.ROCKSDB_PREBUILD;
      else process.env.ROCKSDB_PREBUILD = before;
    }
  }
  throw new AggregateError(problems, problems.map(({ message }) => message).join("; "));
}

function keep(folder: string, binary: Buffer): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let own = folder, levels = 0; levels < 3; own = dirname(own), levels++) {
    const { uid, mode } = statSync(own);
    if (uid !== USER) throw new Error(`${own} belongs to another user`);
    // Where nothing can be changed (a container whose files are read-only), a copy that was made before is as good.
    if ((mode & 0o777) !== 0o700) chmodSync(own, 0o700);
  }
  const file = join(folder, AFFECTED);
  if (isSame(file, binary)) return;
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, binary, { mode: 0o600 });
  renameSync(beside, file);
}

function isSame(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}

const DT_NULL = 0n;
const DT_SYMBOLIC = 16n;
const PT_DYNAMIC = 2;
const ENTRY = 16;

/** The same shared library with DT_SYMBOLIC, in place of one of the empty entries at the end of its dynamic section. */
export function withOwnSymbolsFirst(library: Buffer): Buffer {
  if (library.readUInt32BE() !== 0x7f454c46 || library[4] !== 2 || library[5] !== 1)
    throw new Error("not a 64-bit ELF file");
  const headers = Number(library.readBigUInt64LE(32));
  const size = library.readUInt16LE(54);
  for (let i = 0; i < library.readUInt16LE(56); i++) {
    const header = headers + i * size;
    if (library.readUInt32LE(header) !== PT_DYNAMIC) continue;
    const start = Number(library.readBigUInt64LE(header + 8));
    const end = start + Number(library.readBigUInt64LE(header + 32));
    for (let entry = start; entry + 2 * ENTRY <= end; entry += ENTRY) {
      const tag = library.readBigUInt64LE(entry);
      if (tag === DT_SYMBOLIC) return library;
      if (tag !== DT_NULL) continue;
      const changed = Buffer.from(library);
      changed.writeBigUInt64LE(DT_SYMBOLIC, entry);
      changed.fill(0, entry + 8, entry + 2 * ENTRY);
      return changed;
    }
  }
  throw new Error("no room in its dynamic section");
}
