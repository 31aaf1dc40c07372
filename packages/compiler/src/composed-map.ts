import remapping, { type SourceMapInput } from "@jridgewell/remapping";
import type { DecodedMap } from "./compile-program.js";
import type { RawSourceMap } from "./source-modules.js";

/** From the compiled program through the bundled text, its one source, to the original files. */
export function composeMaps(compiled: DecodedMap, bundled: RawSourceMap): RawSourceMap {
  const map = remapping(compiled, (_, { depth }) => (depth === 1 ? (bundled as SourceMapInput) : null));
  return {
    version: 3,
    sources: map.sources.map((source) => source ?? ""),
    sourcesContent: map.sourcesContent?.map((content) => content ?? null) ?? [],
    names: map.names,
    mappings: String(map.mappings),
  };
}
