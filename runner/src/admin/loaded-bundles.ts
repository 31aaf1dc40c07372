import { type Bundle, loadBundle } from "@kwf/engine";
import type { Bundles } from "../threads/bundles.js";

/** Bundles for reading continuations with: their metadata and source lines. No code of theirs runs. */
export class LoadedBundles {
  readonly #bundles: Bundles;
  readonly #loaded = new Map<string, Bundle>();

  constructor(bundles: Bundles) {
    this.#bundles = bundles;
  }

  /** Undefined: it is nowhere, or is not what its hash says. */
  async get(hash: string): Promise<Bundle | undefined> {
    const known = this.#loaded.get(hash);
    if (known !== undefined) return known;
    const source = await this.#bundles.source(hash);
    if (source === undefined) return undefined;
    const bundle = loadBundle(source);
    this.#loaded.set(hash, bundle);
    return bundle;
  }
}
