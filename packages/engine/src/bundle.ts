import { createHash } from "node:crypto";
import type vm from "node:vm";
import { BundleFormatError } from "./errors.js";
import type { LogSink } from "./host.js";
import type { BundleMetadata } from "./metadata.js";
import { compileBundle, Realm } from "./realm.js";
import { SourcePositions } from "./source-positions.js";

export interface BundleOptions {
  /** What module code prints while the bundle is loaded; lines of a step come with its result. */
  log?: LogSink;
  /** Milliseconds that loading may take; 0 for no limit. */
  loadTimeoutMs?: number;
}

/** What the workflow says about itself, as far as it is data. */
export interface Manifest {
  name?: string;
  outputTopics?: string[];
  /** Their names: what their records mean the bundle says (route.ts). */
  inputTopics?: string[];
  onError?: "end" | "bugs" | "pause";
}

/** A built workflow, and the realm in which its steps run: one for all of them, made anew after a step that went wrong. */
export class Bundle {
  readonly hash: string;
  readonly metadata: BundleMetadata;
  readonly #options: BundleOptions;
  #positions: SourcePositions | undefined;
  #script: vm.Script | undefined;
  #realm: Realm | undefined;

  /** @throws BundleFormatError */
  constructor(
    readonly source: string,
    options: BundleOptions = {},
  ) {
    this.#options = options;
    this.hash = createHash("sha256").update(source).digest("hex").slice(0, 32);
    this.metadata = readMetadata(source);
  }

  /** Decoded when first asked for: most steps need none. */
  get positions(): SourcePositions {
    this.#positions ??= new SourcePositions(this);
    return this.#positions;
  }

  /** Made when first asked for. */
  get realm(): Realm {
    if (this.#realm?.usable !== true) {
      this.#script ??= compileBundle(this);
      const { log = () => {}, loadTimeoutMs = 10_000 } = this.#options;
      this.#realm = new Realm(this, this.#script, log, loadTimeoutMs);
    }
    return this.#realm;
  }

  get manifest(): Manifest {
    return JSON.parse(this.realm.manifest) as Manifest;
  }

  /** The next step gets a new realm. */
  dropRealm(): void {
    this.#realm = undefined;
  }
}

/** @throws BundleFormatError */
export function loadBundle(source: string | Uint8Array, options?: BundleOptions): Bundle {
  return new Bundle(typeof source === "string" ? source : Buffer.from(source).toString(), options);
}

function readMetadata(source: string): BundleMetadata {
  const start = source.lastIndexOf("\n//# kwfMetadata=");
  const text = start < 0 ? undefined : /^\n\/\/# kwfMetadata=(\S+)/.exec(source.slice(start))?.[1];
  if (text === undefined)
    throw new BundleFormatError("this file is no bundle: make one with `kwf build src/index.ts -o dist/bundle.js`");
  let metadata: Partial<BundleMetadata>;
  try {
    metadata = JSON.parse(Buffer.from(text, "base64").toString()) as Partial<BundleMetadata>;
  } catch {
    throw new BundleFormatError("the bundle's metadata cannot be read: the file is damaged, build it again");
  }
  if (metadata.version !== 1) {
    throw new BundleFormatError(
      `the bundle's metadata has version ${metadata.version}, and this release reads version 1: build it again`,
    );
  }
  return metadata as BundleMetadata;
}
