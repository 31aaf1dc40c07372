/**
 * From the entry file of a workflow to its bundle. Passes, in order:
 *
 *   project    where the entry belongs to; all paths are relative to that
 *   runtime    the text of @kwf/workflow that the bundle carries
 *   bundle     esbuild: imports resolved, TypeScript lowered, one text
 *   compile    the transform (compile.ts); on its way the checks of what a workflow cannot do: live I/O, undeclared topics
 *   file       runtime, program, metadata and map in one script
 *
 * The same sources give the same bytes, wherever they lie.
 */

import { type Bundler, bundleOnce, bundlerOf } from "./bundle.js";
import { bundleFile, bundleHash } from "./bundle-file.js";
import type { Diagnostic } from "./diagnostic.js";
import type { BundleMetadata } from "./metadata.js";
import { findProject, type Project } from "./project.js";
import { runtimeBundle } from "./runtime-bundle.js";

export interface BuildOptions {
  /** Name of the workflow in metadata; default: the package's name. */
  name?: string;
}

export interface BuildResult {
  /** The bundle's text. */
  code: string;
  hash: string;
  metadata: BundleMetadata;
  /** The source files it was made from, absolute: what a watcher has to look at. */
  inputs: string[];
  warnings: Diagnostic[];
}

/** @throws BuildError */
export async function build(entry: string, options: BuildOptions = {}): Promise<BuildResult> {
  return buildWith(bundleOnce, findProject(entry), options);
}

/** Builds an entry again and again: what has not changed is not read again. */
export class Builder {
  readonly #entry: string;
  readonly #options: BuildOptions;
  #project: Project | undefined;
  #bundler: Bundler | undefined;

  constructor(entry: string, options: BuildOptions = {}) {
    this.#entry = entry;
    this.#options = options;
  }

  /** One at a time. @throws BuildError */
  async build(): Promise<BuildResult> {
    const project = findProject(this.#entry);
    if (project.root !== this.#project?.root || project.entry !== this.#project.entry) {
      await this.close();
      this.#bundler = bundlerOf(project);
      this.#project = project;
    }
    return buildWith((this.#bundler as Bundler).bundle, project, this.#options);
  }

  async close(): Promise<void> {
    const bundler = this.#bundler;
    this.#bundler = undefined;
    this.#project = undefined;
    await bundler?.close();
  }
}

async function buildWith(bundle: Bundler["bundle"], project: Project, options: BuildOptions): Promise<BuildResult> {
  const bundling = bundle(project, runtimeBundle());
  // esbuild is at work in a process of its own while this one loads the passes, which takes as long.
  const [{ makeBundle }, program, runtime] = await Promise.all([import("./make-bundle.js"), bundling, runtimeBundle()]);
  const { file, metadata, warnings } = makeBundle(program, options.name ?? project.name, project.root);
  const code = bundleFile({ ...file, runtime: runtime.expression });
  return { code, hash: bundleHash(code), metadata, inputs: program.inputs, warnings };
}
