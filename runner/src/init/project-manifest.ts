// The package.json of a project that `kwf init` makes. Versions are exact: a bundle's hash should change when its author wants it to.

import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";

/** What goes with the packages of ours; as in the package.json at the root of this repository. */
const TOOLS = { typescript: "7.0.2", vitest: "4.1.12" };

export function projectManifest(directory: string): string {
  const version = ownVersion();
  const manifest = {
    name: projectName(directory),
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20.19" },
    scripts: {
      dev: "kwf dev src/index.ts",
      test: "tsc && vitest run",
      build: "kwf build src/index.ts -o dist/bundle.js",
    },
    dependencies: { "@kwf/patterns": version, "@kwf/workflow": version },
    devDependencies: { "@kwf/testing": version, kwf: version, ...TOOLS },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** All packages of a release have one version. */
export function ownVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** The folder's name, as far as npm takes it for a package's. */
export function projectName(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .replace(/-+$/, "")
    .slice(0, 200);
  return name === "" ? "workflow" : name;
}
