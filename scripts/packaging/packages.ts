// The packages of this repository that are published: what a check of them needs to know.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  license?: string;
  engines?: { node?: string };
  exports?: Record<string, Record<string, string> | string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export interface Package {
  /** From the root of the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));

const foldersBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .filter((below) => existsSync(join(root, below, "package.json"))); // as npm sees workspaces

const workspaces = (): Package[] =>
  [...foldersBelow("packages"), "runner", ...foldersBelow("demos")].map((folder) => ({
    folder,
    manifest: manifestOf(folder),
  }));

export const all: readonly Package[] = workspaces();
export const published: readonly Package[] = all.filter(({ manifest }) => manifest.private !== true);
