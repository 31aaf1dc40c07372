import { z } from "zod";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

const Shared = z.object({ id: z.string().min(2), tags: z.array(z.enum(["a", "b"])).default([]) });

export default async function main() {
  const Order = Shared.extend({
    lines: z.array(z.object({ sku: z.string().regex(/^[A-Z]+-\d+$/), count: z.coerce.number().int().positive() })),
    when: z.iso.datetime().optional(),
    note: z
      .string()
      .transform((text) => text.trim().toUpperCase())
      .optional(),
  }).refine((order) => order.lines.length > 0, { message: "no lines", path: ["lines"] });
  type Tree = { name: string; children: Tree[] };
  const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(Tree) }));
  const Kind = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("card"), last4: z.string().length(4) }),
    z.object({ kind: z.literal("cash"), amount: z.bigint() }),
  ]);
  log(await ask("schemas are held", 1));
  const good = Order.safeParse({ id: "o-1", lines: [{ sku: "AB-12", count: "3" }], note: "  hi " });
  const bad = Order.safeParse({ id: "o", tags: ["c"], lines: [] });
  await ask("results are held");
  log(
    good.success,
    good.data,
    bad.success,
    bad.error?.issues.map((i) => [i.code, i.path.join("."), i.message]),
  );
  log(bad.error instanceof z.ZodError, z.flattenError(bad.error as z.ZodError));
  log(
    Tree.parse({ name: "a", children: [{ name: "b", children: [] }] }),
    Kind.safeParse({ kind: "card", last4: "1" }).success,
  );
  const checked = Order.superRefine(async (order, context) => {
    const stock = await ask(`stock of ${order.lines[0]?.sku}`, 2);
    if (stock < (order.lines[0]?.count ?? 0)) context.addIssue({ code: "custom", message: `only ${stock}` });
  });
  const late = await checked.safeParseAsync({ id: "o-2", lines: [{ sku: "AB-1", count: 5 }] });
  await ask();
  log(
    late.success,
    late.error?.issues.map((i) => i.message),
    Shared.shape.id.safeParse("x").success,
  );
  try {
    Kind.parse({ kind: "cash", amount: 1 });
  } catch (error) {
    await ask("error is held");
    log(error instanceof z.ZodError, (error as z.ZodError).issues[0]?.message);
  }
  const pipe = z
    .string()
    .pipe(z.transform((t) => t.length))
    .brand<"Length">();
  const set = z.set(z.number()).or(z.map(z.string(), z.date()));
  await ask();
  log(pipe.parse("four"), [...(set.parse(new Set([1, 2])) as Set<number>)], set.safeParse(new Map([["a", 1]])).success);
  return z.toJSONSchema(Shared);
}
