export { Builder, type BuildOptions, type BuildResult, build } from "./build.js";
export { CompileError } from "./compile-error.js";
export {
  BuildError,
  type Diagnostic,
  type DiagnosticCode,
  diagnosticLine,
  formatDiagnostic,
  formatDiagnostics,
} from "./diagnostic.js";
export type { BundleMetadata, FunctionMetadata } from "./metadata.js";
export { findProject, type Project } from "./project.js";
