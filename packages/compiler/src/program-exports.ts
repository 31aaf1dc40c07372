/**
 * Takes the export clause off an ES module that esbuild has bundled. esbuild writes at most one, at the end, and only in the
 * form `export { local as name, … };`.
 */
export function takeExports(code: string): { code: string; exports: Map<string, string> } {
  const exports = new Map<string, string>();
  const start = code.lastIndexOf("export{") >= 0 ? code.lastIndexOf("export{") : code.lastIndexOf("export {");
  const clause = start < 0 ? null : /^export ?\{([^{}]*)\};?\s*$/.exec(code.slice(start));
  if (clause === null) return { code, exports };
  for (const part of (clause[1] ?? "").split(",")) {
    const [local, name] = part.trim().split(/\s+as\s+/);
    if (local !== undefined && local !== "") exports.set(unquote(name ?? local), local);
  }
  return { code: code.slice(0, start), exports };
}

const unquote = (name: string): string => (name.startsWith('"') ? (JSON.parse(name) as string) : name);
