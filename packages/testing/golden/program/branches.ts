import * as W from "@kwf/workflow";
import type { Ask } from "./index.js";

/** Combinators, cancellation with cleanup, scopes, errors of several kinds, a promise that several wait for. */
export async function branches(ask: Ask): Promise<unknown> {
  const log: unknown[] = [];
  const shared = ask("shared");
  const part = async (name: string): Promise<unknown> => {
    try {
      return [name, await ask(name)];
    } catch (error) {
      log.push(["undo", name, error instanceof W.CancelToken]);
      await ask(`undo ${name}`);
      throw error;
    } finally {
      log.push(["left", name]);
    }
  };
  const all = await Promise.all([part("x"), part("y"), shared]);
  const race = await Promise.race([part("fast"), part("slow")]);
  const settled = await Promise.allSettled([part("good"), part("bad"), shared.then((value) => [value])]);
  const scope = new W.CancellationScope();
  const scoped = W.withCancellationScope(scope, () => part("scoped")).catch((error: unknown) => String(error));
  await ask("before cancel");
  W.cancelScope(scope);
  return [all, race, settled.map((one) => ("value" in one ? one.value : String(one.reason))), await scoped, log];
}
