import type { Program } from "./bundle.js";
import type { BundleParts } from "./bundle-file.js";
import { compileProgram, workflowIn } from "./compile-program.js";
import { composeMaps } from "./composed-map.js";
import type { Diagnostic } from "./diagnostic.js";
import { type BundleMetadata, bundleMetadata } from "./metadata.js";
import { OriginalPositions } from "./original-position.js";
import { UnitCache } from "./unit-cache.js";

/** Everything behind the bundler, and with it everything that loads Babel. `root`: of the project. @throws BuildError */
export function makeBundle(
  program: Program,
  name: string,
  root: string,
): { file: Omit<BundleParts, "runtime">; metadata: BundleMetadata; warnings: Diagnostic[] } {
  const { map } = program;
  const positions = new OriginalPositions(map, program.modules);
  const compiled = compileProgram(program, positions, new UnitCache(root));
  const metadata = bundleMetadata(name, compiled, program, positions);
  const file = {
    program: compiled.code,
    map: composeMaps(compiled.map, map),
    main: workflowIn(compiled.exports) as string,
    manifest: compiled.exports.manifest,
    metadata,
  };
  return { file, metadata, warnings: compiled.warnings };
}
