import { describe, expect, test } from "vitest";
import { LogUnreachable, ProducerEnded } from "../errors.js";
import { Bench, eventually, type Factory, record, valuesOf } from "./log-under-test.js";

export function doubtConformance(factory: Factory): void {
  describe("a transaction whose outcome is not known", () => {
    const bench = new Bench(factory);

    const doubts = [
      ["send", "request", false],
      ["send", "answer", false],
      ["commit", "request", false],
      ["commit", "answer", true],
    ] as const;
    for (const [request, what, committed] of doubts) {
      test(`${request}, ${what} lost: the producer ends, and the next one leaves each record once`, async () => {
        const log = bench.open();
        const topic = await bench.topic(log, { partitions: 2 });
        const where = [0, 1].map((partition) => ({ topic, partition }));
        const id = bench.under.unique("id");
        const write = (value: string) => where.map(({ partition }) => record(topic, value, partition));
        const producer = await log.fence(id);
        const first = producer.begin();
        first.send(write("1"));
        await first.commit();

        bench.under.lose(log, request, what);
        const second = producer.begin();
        second.send(write("2"));
        await expect(second.commit()).rejects.toBeInstanceOf(LogUnreachable);
        expect(producer.ended).toBeInstanceOf(LogUnreachable);
        expect(() => producer.begin()).toThrow(ProducerEnded);
        await expect(second.commit()).rejects.toThrow();

        const next = await log.fence(id);
        await eventually(async () => {
          const [a, b] = [await log.endOffsets(where, "committed"), await log.endOffsets(where, "uncommitted")];
          return `${a}` === `${b}`;
        });
        const third = next.begin();
        third.send(write("3"));
        await third.commit();
        for (const { partition } of where) {
          expect(await valuesOf(log, topic, { partition })).toEqual(committed ? ["1", "2", "3"] : ["1", "3"]);
        }
      });
    }
  });
}
