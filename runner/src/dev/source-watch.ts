// Builds a workflow, and builds it again whenever one of the files changes that it was made from. It owns when; @kwf/compiler owns how.
//
// I1 One build at a time. What changes while one runs is followed by another one.
// I2 A build that failed is looked at again like any other: its last known files are still watched.
// I3 A folder that is taken away and comes back, as another branch does it, is watched again: a watcher stays with the folder that it
//    began with, whatever name that has. While it is away, the nearest folder above it is watched instead.

import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import { BuildError, Builder, type BuildResult } from "@kwf/compiler";

export type Built =
  | { readonly type: "built"; readonly result: BuildResult; readonly ms: number }
  | { readonly type: "failed"; readonly error: BuildError };

/** Editors write a file in several strokes; a build that is too early is followed by another one. */
const SETTLE_MS = 20;

export class SourceWatch {
  readonly #entry: string;
  readonly #builder: Builder;
  readonly #tell: (built: Built) => Promise<void>;
  readonly #watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #building: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /** `tell` hears of every build but the first, one at a time. */
  constructor(entry: string, tell: (built: Built) => Promise<void>) {
    this.#entry = resolve(entry);
    this.#builder = new Builder(entry);
    this.#files.add(this.#entry);
    this.#tell = tell;
  }

  async first(): Promise<Built> {
    const built = await this.#build();
    this.#look();
    return built;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    void this.#ended();
  }

  /** A build that runs ends first. */
  async #ended(): Promise<void> {
    await this.#building;
    await this.#builder.close();
  }

  async #build(): Promise<Built> {
    const begin = performance.now();
    try {
      const result = await this.#builder.build();
      this.#files = new Set([this.#entry, ...result.inputs]);
      return { type: "built", result, ms: Math.round(performance.now() - begin) };
    } catch (error) {
      if (error instanceof BuildError) return { type: "failed", error };
      throw error;
    }
  }

  /** The folders of all files but those of dependencies: a file that is replaced by another one has no watcher of its own. */
  #look(): void {
    const own = [...this.#files].filter((file) => !file.includes(`${sep}node_modules${sep}`));
    const folders = new Map(own.map((file) => nearest(dirname(file))));
    for (const [folder, { identity, watcher }] of this.#watchers) {
      if (folders.get(folder) === identity) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const [folder, identity] of folders) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, (_, name) => {
          if (name === null || this.#concerns(folder, name)) this.#changed();
        });
        watcher.on("error", () => this.#changed());
        this.#watchers.set(folder, { identity, watcher });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        this.#changed();
      }
    }
  }

  /** A file of the program, a folder on the way to one, or the watched folder itself. */
  #concerns(folder: string, name: string): boolean {
    const path = resolve(folder, name);
    return (
      this.#files.has(path) || name === basename(folder) || [...this.#files].some((file) => file.startsWith(path + sep))
    );
  }

  #changed(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rebuild(), SETTLE_MS);
  }

  #rebuild(): void {
    this.#again = true;
    this.#building ??= this.#rebuildAll().finally(() => {
      this.#building = undefined;
    });
  }

  async #rebuildAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false; // I1
      const built = await this.#build();
      if (this.#closed) return;
      this.#look();
      await this.#tell(built);
    }
  }
}

/** That folder, or the nearest above it that is there, and what tells it from another one of its name. */
function nearest(folder: string): [folder: string, identity: string] {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? nearest(dirname(folder)) : [folder, `${found.dev}:${found.ino}`];
}
