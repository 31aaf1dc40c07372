import type { Ask } from "./index.js";

/** One of every kind of value, with identity, cycles, attributes and iterators in flight. */
export async function values(ask: Ask): Promise<unknown> {
  const key = Symbol.for("golden");
  const cycle: { self?: unknown; list: unknown[] } = { list: [1, , 3] as unknown[] };
  cycle.self = cycle;
  const map = new Map<unknown, unknown>([
    ["a", 1],
    [cycle, new Set([1n, -0, Number.NaN])],
  ]);
  const left = map.entries();
  left.next();
  const bytes = new Uint8Array([1, 2, 3, 250]);
  const view = new DataView(bytes.buffer, 1, 2);
  const weak = new WeakMap<object, string>([[cycle, "kept"]]);
  const text = "tick tock";
  const matches = text.matchAll(/t(?<end>.)/g);
  matches.next();
  const chain = Array.from({ length: 500 }).reduce<{ next: unknown }>((next) => ({ next }), { next: null });
  const proxy = new Proxy({ n: 1 }, { get: (target, name) => (name === "n" ? target.n + 1 : undefined) });
  const odd = Object.create(null, { hidden: { value: 7 }, [key]: { value: "s", enumerable: true } }) as object;
  const error = new AggregateError([new TypeError("inner")], "outer", { cause: { why: 1 } });
  const date = new Date(86_400_000);
  const kept = {
    cycle,
    map,
    left,
    bytes,
    view,
    weak,
    matches,
    chain,
    proxy,
    odd,
    error,
    date,
    big: 12n ** 20n,
    minus: -0,
  };
  await ask("values");
  let depth = 0;
  for (let at: unknown = kept.chain; at !== null; at = (at as { next: unknown }).next) depth++;
  kept.bytes[1] = 9;
  return [
    [kept.cycle.self === cycle, 1 in kept.cycle.list, kept.weak.get(cycle), depth],
    [[...kept.left].map(([name, set]) => [name === cycle, [...(set as Set<unknown>)].map(String)]), kept.map.size],
    [kept.view.getUint8(0), [...kept.matches].map((match) => match.groups?.end), kept.proxy.n],
    [Reflect.ownKeys(kept.odd).map(String), (kept.odd as { hidden: number }).hidden, Object.getPrototypeOf(kept.odd)],
    [kept.error.message, String(kept.error.errors[0]), kept.error.cause, kept.error instanceof AggregateError],
    [kept.date.toISOString(), String(kept.big), Object.is(kept.minus, -0)],
  ];
}
