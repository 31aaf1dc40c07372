// A bundle that a command is told of: a file, or the hash of one that is published.

import { existsSync, readFileSync } from "node:fs";
import { type Bundle, checkNameMap, EngineError, loadBundle, type NameMap } from "@kwf/engine";
import type { Operator } from "../admin/operator.js";
import { ExitCode } from "../exit-code.js";
import { fileProblem, UsageError } from "../usage-error.js";

const HASH = /^[0-9a-f]{4,32}$/;

/** Throws UsageError. */
export async function bundleArgument(argument: string, operator?: Operator): Promise<Bundle> {
  if (!HASH.test(argument) || existsSync(argument)) return bundleFile(argument);
  if (operator === undefined)
    throw new UsageError(
      `there is no file ${argument}; a published bundle can be named where its brokers are: --brokers`,
    );
  const found = (await operator.bundles()).filter(({ hash }) => hash.startsWith(argument));
  if (found.length > 1) throw new UsageError(`more than one bundle begins with ${argument}`, ExitCode.failed);
  const source = found[0] === undefined ? undefined : await operator.bundle(found[0].hash);
  if (source === undefined)
    throw new UsageError(`there is no bundle ${argument}: kwf bundles ls lists them`, ExitCode.failed);
  return loaded(argument, source);
}

/** Throws UsageError. */
export function bundleFile(file: string): Bundle {
  let source: Buffer;
  try {
    source = readFileSync(file);
  } catch (error) {
    throw fileProblem("read", file, error);
  }
  return loaded(file, source);
}

function loaded(name: string, source: string | Uint8Array): Bundle {
  try {
    return loadBundle(source, { log: () => {} });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UsageError(`${name}: ${error.message} [${error.code}]`, ExitCode.failed);
  }
}

/** `--map`. Throws UsageError. */
export function nameMapFile(file: string | undefined): NameMap {
  if (file === undefined) return {};
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileProblem("read", file, error);
  }
  try {
    return checkNameMap(JSON.parse(text));
  } catch (error) {
    const code = error instanceof EngineError ? ` [${error.code}]` : "";
    throw new UsageError(`${file}: ${(error as Error).message}${code}`);
  }
}
