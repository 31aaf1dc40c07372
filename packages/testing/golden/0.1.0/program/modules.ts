import { sleep } from "@kwf/patterns";
import type { Ask } from "./index.js";

let calls = 0;
const seen = new Map<string, number>();
const handlers = { first: (n: number) => n + calls, list: [{ name: "one" }] };

export const count = (): number => calls;

/** What a thread changes of its modules, what it holds of them, a module that it evaluates on its way, a dependency. */
export async function modules(ask: Ask): Promise<unknown> {
  calls += 1;
  seen.set("start", calls);
  handlers.list.push({ name: "two" });
  const { late } = await import("./late.js");
  late.hits += 1;
  const held = { handler: handlers.first, last: handlers.list[1], late };
  const timer = sleep(1_000);
  await ask("modules");
  calls += 1;
  await timer;
  return [held.handler(1), handlers.list.indexOf(held.last!), held.late === late, late.hits, [...seen]];
}
