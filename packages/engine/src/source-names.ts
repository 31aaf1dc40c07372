import type { BundleMetadata, FunctionInfo } from "./metadata.js";

/** What the author calls things of a bundle, and where they stand. Primitives in, primitives out. */
export function sourceNames({ modules, functions, scopes }: BundleMetadata) {
  let byId: Map<number, FunctionInfo> | undefined;
  const info = (id: number): FunctionInfo | undefined => {
    byId ??= new Map(functions.map((one) => [one.id, one]));
    return byId.get(id);
  };
  return {
    name: (id: number): string | undefined => info(id)?.name || undefined,
    place(id: number, label?: number): string | undefined {
      const { module = -1, line: own = 0, awaits = [] } = info(id) ?? {};
      const file = modules[module];
      const [, line = own] = awaits.find(([at]) => at === label) ?? [];
      return file === undefined ? undefined : `${file}:${line}`;
    },
    variable(holder: string, slot: string | number): string | undefined {
      const id = Number(holder.slice(1));
      if (holder.startsWith("F")) return info(id)?.slots?.find(([name]) => name === slot)?.[1];
      return scopes.find(([scope]) => scope === id)?.[1][Number(slot)];
    },
    module: (index: number): string | undefined => modules[index],
  };
}
