import type { BundleMetadata, FunctionInfo } from "./metadata.js";

/** A bundle's metadata by number, for whoever looks at many places of a continuation. */
export class MetadataIndex {
  readonly #functions: Map<number, FunctionInfo>;
  readonly #scopes: Map<number, string[]>;

  constructor(readonly metadata: BundleMetadata) {
    this.#functions = new Map(metadata.functions.map((info) => [info.id, info]));
    this.#scopes = new Map(metadata.scopes);
  }

  function(id: unknown): FunctionInfo | undefined {
    return this.#functions.get(Number(id));
  }

  /** Original names of the variables of a scope, in its order. */
  variables(scope: unknown): readonly string[] {
    return this.#scopes.get(Number(scope)) ?? [];
  }
}
