// Builds a workflow, and builds it again whenever one of the files changes that it was made from. It owns when; @kwf/compiler owns how.
//
// I1 One build at a time. What changes while one runs is followed by another one.
// I2 A build that failed is looked at again like any other: its last known files are still watched.

import { type FSWatcher, watch } from "node:fs";
import { dirname, resolve, sep } from "node:path";
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
  readonly #watchers = new Map<string, FSWatcher>();
  #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #building: Promise<void> | undefined;
  #again = false;
  #closed = false;

  /** `tell` hears of every build but the first, one at a time. */
  constructor(entry: string, tell: (built: Built) => Promise<void>) {
    this.#entry = resolve(entry);
    this.#builder = new Builder(this.#entry);
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
    for (const watcher of this.#watchers.values()) watcher.close();
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
    const folders = new Set(own.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watch(folder, (_, name) => {
        if (name === null || this.#files.has(resolve(folder, name))) this.#changed();
      });
      // A folder that is gone: the next build says what is missing.
      watcher.on("error", () => this.#watchers.delete(folder));
      this.#watchers.set(folder, watcher);
    }
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
