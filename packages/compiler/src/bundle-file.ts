import { createHash } from "node:crypto";
import type { RawSourceMap } from "./source-modules.js";

export interface BundleParts {
  /** Expression of the runtime: host record -> kit. */
  runtime: string;
  /** The compiled program: statements over `_k`. */
  program: string;
  /** From the program to the original files. */
  map: RawSourceMap;
  /** Variables of the program that hold the workflow and its manifest. */
  main: string;
  manifest: string | undefined;
  metadata: object;
}

/**
 * The text of a bundle: a script whose value is a function from the host record to the bundle's ABI. Program and runtime
 * see nothing of each other's names but `_k`: a program may have a `Map` of its own, and the host record has no name in it.
 */
export function bundleFile({ runtime, program, map, main, manifest, metadata }: BundleParts): string {
  const head = `"use strict";\n((program) => (host) => program((${runtime})(host)))((_k) => {\n`;
  const tail = `return _k.abi({ main: ${main}, manifest: ${manifest ?? "undefined"} });\n})\n`;
  const lines = head.split("\n").length - 1;
  const shifted = { ...map, file: "bundle.js", mappings: ";".repeat(lines) + map.mappings };
  return `${head}${program.trimEnd()}\n${tail}//# kwfMetadata=${base64(metadata)}\n//# sourceMappingURL=data:application/json;base64,${base64(shifted)}\n`;
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64");

/** A bundle's name: the first 128 bits of the SHA-256 of its file, in hex. */
export const bundleHash = (file: string | Uint8Array): string =>
  createHash("sha256").update(file).digest("hex").slice(0, 32);
