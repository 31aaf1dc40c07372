import type { Ask } from "./index.js";

/** Loops, try statements, generators, closures over variables of each round, destructuring, defaults. */
export async function control(ask: Ask): Promise<unknown> {
  const log: unknown[] = [];
  const later: (() => string)[] = [];
  const numbers = (function* (from = 3) {
    for (let n = from; ; n++) {
      const sent: unknown = yield n;
      if (sent !== undefined) log.push(["sent", sent]);
    }
  })();
  numbers.next();
  outer: for (const [name, tries = 2] of [["a"], ["b", 1], ["c"]] as [string, number?][]) {
    for (let n = 0; n < tries; n++) {
      try {
        const got = (await ask(`${name}${n}`)) as { ok?: boolean; rest?: number[] };
        const { ok = false, rest: [first = -1, ...others] = [] } = got;
        later.push(() => `${name} ${n} ${first} ${others.length}`);
        log.push(numbers.next(name).value);
        if (!ok) continue outer;
        if (n === 1) throw new RangeError(`${name} again`);
      } catch (error) {
        log.push([(error as Error).name, (await ask(`why ${name}`)) ?? null]);
        break outer;
      } finally {
        log.push(`end ${name}`);
        if (name === "b") await ask("between");
      }
    }
  }
  return [log, later.map((say) => say())];
}
