import { isMatching, match, P } from "ts-pattern";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

type Event = { type: "order"; lines: { sku: string; count: number }[] } | { type: "cancel"; reason?: string };

export default async function main() {
  const big = P.number.gte(10);
  const order = { type: "order", lines: P.array({ sku: P.string.startsWith("A"), count: P.select() }) } as const;
  const isOrder = isMatching(order);
  const events: Event[] = [
    {
      type: "order",
      lines: [
        { sku: "A1", count: 2 },
        { sku: "A2", count: 12 },
      ],
    },
    { type: "cancel", reason: "late" },
    { type: "cancel" },
  ];
  await ask("patterns are held");
  for (const event of events) {
    const half = match(event).with(order, (counts) => `order ${counts}`);
    await ask("a match is held in the middle");
    log(
      half
        .with({ type: "cancel", reason: P.string.select("why") }, ({ why }) => `cancelled: ${why}`)
        .with({ type: "cancel" }, () => "cancelled")
        .exhaustive(),
    );
  }
  log(
    events.map((e) => isOrder(e)),
    [3, 30].map((n) =>
      match(n)
        .with(big, () => "big")
        .otherwise(() => "small"),
    ),
  );
  try {
    match((await ask("?", 5)) as number)
      .with(6, () => 1)
      .run();
  } catch (error) {
    await ask("its error is held");
    log(error, error instanceof Error);
  }
  const union = P.union(
    P.instanceOf(Map),
    P.set(P.string),
    P.when((x) => x === 1),
    P.not(P.nullish),
  );
  await ask();
  log(
    [new Map(), new Set(["a"]), 1, null].map((v) =>
      match<unknown>(v)
        .with(union, () => true)
        .otherwise(() => false),
    ),
  );
}
