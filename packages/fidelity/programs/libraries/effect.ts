import {
  Cause,
  Chunk,
  Context,
  Data,
  Deferred,
  Effect,
  Exit,
  Fiber,
  HashMap,
  Layer,
  Option,
  pipe,
  Queue,
  Ref,
} from "effect";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

class OutOfStock extends Data.TaggedError("OutOfStock")<{ readonly sku: string }> {}

class Stock extends Context.Service<Stock, { readonly reserve: (sku: string) => Effect.Effect<number, OutOfStock> }>()(
  "Stock",
) {}

const asked = <T>(question: string, answer?: T) => Effect.promise(() => ask(question, answer));

const StockLive = Layer.effect(
  Stock,
  Effect.gen(function* () {
    const left = yield* Ref.make(2);
    return {
      reserve: (sku: string) =>
        Effect.gen(function* () {
          const count = yield* asked(`reserve ${sku}`, 1);
          const rest = yield* Ref.updateAndGet(left, (n) => n - count);
          if (rest < 0) return yield* Effect.fail(new OutOfStock({ sku }));
          return rest;
        }),
    };
  }),
);

export default async function main() {
  const some = Option.some({ n: 1 });
  const map = HashMap.make(["a", 1], ["b", 2]);
  const list = Chunk.make(1, 2, 3);
  await ask("data types are held");
  log(
    Option.getOrElse(
      Option.map(some, ({ n }) => n + 1),
      () => 0,
    ),
    Option.isSome(HashMap.get(map, "b")),
    Chunk.toReadonlyArray(list),
  );
  const released: string[] = [];
  const program = Effect.gen(function* () {
    const stock = yield* Stock;
    yield* Effect.acquireRelease(asked("acquire"), () =>
      Effect.promise(async () => void released.push(await ask("release"))),
    );
    const first = yield* stock.reserve("A");
    const both = yield* Effect.all([stock.reserve("B"), asked("beside")], { concurrency: "unbounded" });
    return [first, both] as const;
  });
  log(await Effect.runPromise(pipe(program, Effect.scoped, Effect.provide(StockLive))), released);
  const failing = Effect.gen(function* () {
    const stock = yield* Stock;
    for (const sku of ["A", "B", "C"]) yield* stock.reserve(sku);
  }).pipe(Effect.provide(StockLive));
  const exit = await Effect.runPromiseExit(failing);
  await ask("an exit is held");
  log(Exit.isFailure(exit), Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof OutOfStock);
  log(await Effect.runPromise(failing.pipe(Effect.catchTag("OutOfStock", ({ sku }) => Effect.succeed(`no ${sku}`)))));
  const forked = Effect.gen(function* () {
    const gate = yield* Deferred.make<string>();
    const queue = yield* Queue.unbounded<number>();
    const fiber = yield* Effect.forkChild(
      Effect.gen(function* () {
        const opened = yield* Deferred.await(gate);
        const n = yield* Queue.take(queue);
        return `${opened}${n}`;
      }),
    );
    const answer = yield* asked("fibers are held");
    yield* Deferred.succeed(gate, answer);
    yield* Queue.offer(queue, yield* asked("number", 7));
    return yield* Fiber.join(fiber);
  });
  log(await Effect.runPromise(forked));
}
