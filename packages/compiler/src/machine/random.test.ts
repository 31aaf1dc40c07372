import { expect, test } from "vitest";
import { trace } from "../../test/machine/harness.js";
import { type Kind, randomProgram, surroundings } from "../../test/machine/random-program.js";

/** The value of the last suspension point, at which no temporary is in use. */
const CHECK = { toJSON: () => "check" };

const temporaries = (frame: object) =>
  Object.entries(frame).filter(([slot, value]) => /^_\d/.test(slot) && value !== undefined);

const runs = Number(process.env.KWF_RANDOM_PROGRAMS ?? 12);
const first = Number(process.env.KWF_RANDOM_SEED ?? 1);

const drivers: Record<Kind, string> = {
  async: "",
  generator: `function main() {
    const it = generate();
    for (let i = 0; i < 400; i++) {
      const mode = i % 11 === 7 ? "throw" : i % 13 === 12 ? "return" : "next";
      try { const r = it[mode](i % 5); log(mode, r.done, r.value === CHECK ? "check" : r.value); if (r.done) break; } catch (e) { log("out", e); break; }
    }
  }`,
  "async generator": `async function main() {
    const it = generate();
    for (let i = 0; i < 400; i++) {
      const mode = i % 11 === 7 ? "throw" : i % 13 === 12 ? "return" : "next";
      try { const r = await it[mode](i % 5); log(mode, r.done, r.value === CHECK ? "check" : r.value); if (r.done) break; } catch (e) { log("out", e); break; }
    }
  }`,
};

for (const kind of Object.keys(drivers) as Kind[]) {
  test(`random programs run as natively: ${kind}`, async () => {
    for (let seed = first; seed < first + runs; seed++) {
      const text = randomProgram(seed, kind);
      const source = `${surroundings(600)}${text}\n${drivers[kind]}`;
      const native = await trace(source, false, { CHECK });
      const leftovers: unknown[] = [];
      const onSuspend = (value: unknown, frame: object) => {
        if (value === CHECK) leftovers.push(...temporaries(frame));
      };
      expect(await trace(source, true, { CHECK }, { onSuspend }), `seed ${seed}\n${text}`).toEqual(native);
      expect(leftovers, `temporaries at the end, seed ${seed}\n${text}`).toEqual([]);
    }
  }, 120_000);
}
