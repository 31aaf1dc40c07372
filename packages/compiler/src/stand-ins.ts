import type { Message, Plugin } from "esbuild";
import { unresolvedPath } from "./esbuild-messages.js";

/** Whether the rest of a program can be looked at all the same. */
export const canBeLookedPast = (message: Message): boolean =>
  missingModule(message) !== undefined || message.text.startsWith("Top-level await");

/** Answers the imports that led nowhere with modules that offer anything: a bundle with one is never written. */
export function standIns(errors: readonly Message[]): Plugin {
  const missing = new Set(errors.map(missingModule));
  return {
    name: "kwf-stand-ins",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path }) => (missing.has(path) ? { path, namespace: "missing" } : undefined));
      onLoad({ filter: /.*/, namespace: "missing" }, () => ({ contents: "module.exports = {};", loader: "js" }));
    },
  };
}

/** What was imported, of an import of which nothing came. */
const missingModule = ({ text, detail }: Message): string | undefined =>
  (detail as { missing?: string } | undefined)?.missing ?? unresolvedPath(text);
