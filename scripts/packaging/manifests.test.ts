import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { all, manifestOf, published, root } from "./packages.js";

const { version, license, engines } = manifestOf(".");

test.each(all.map(({ folder, manifest }) => [folder, manifest] as const))(
  "%s has the version of the repository, and asks for exactly that of its neighbours",
  (_folder, manifest) => {
    expect(manifest.version).toBe(version);
    const asked = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const { manifest: neighbour } of published)
      expect([undefined, version], neighbour.name).toContain(asked[neighbour.name]);
  },
);

describe.each(published.map(({ folder, manifest }) => [folder, manifest] as const))("%s", (folder, manifest) => {
  test("says its licence and its Node, and brings the licence", () => {
    expect(manifest).toMatchObject({ license, engines });
    expect(readFileSync(join(root, folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  test("asks for exact versions", () => {
    for (const wanted of Object.values({ ...manifest.dependencies })) expect(wanted).toMatch(/^\d+\.\d+\.\d+$/);
  });

  // Installed side by side, packages find what others brought: only this tells what is missing.
  test("imports nothing that it does not ask for", () => {
    const asked = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const missing = builtFiles(join(root, folder, "dist"))
      .flatMap((file) => imported(readFileSync(file, "utf8")).map((name) => ({ file, name })))
      .filter(({ name }) => name !== manifest.name && !asked.includes(name));
    expect(missing).toEqual([]);
  });
});

/** What is built of the sources that are there; a build leaves files of those that are gone. */
function builtFiles(dist: string): string[] {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => /(\.js|\.d\.ts)$/.test(file))
    .filter((file) => existsSync(join(dist, "../src", file.replace(/(\.js|\.d\.ts)$/, ".ts"))));
  expect(files.length).toBeGreaterThan(0);
  return files.map((file) => join(dist, file));
}

/** Names of packages, without their subpaths; an import begins a line, or is a call. */
function imported(text: string): string[] {
  const statements = /^(?:import |(?:import|export|\})[^"';]* from )"([^"]+)";?$/gm;
  const calls = /\bimport\("([^"]+)"\)/g;
  return [...text.matchAll(statements), ...text.matchAll(calls)]
    .map((match) => match[1]!)
    .filter((specifier) => !/^[./#]/.test(specifier) && !isBuiltin(specifier))
    .map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
}
