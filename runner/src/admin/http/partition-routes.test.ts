import { expect, test } from "vitest";
import { SYSTEM_CLOCK } from "../../clock.js";
import { MemoryDisk } from "../../store/memory/memory-store.js";
import { LocalThreads } from "../local-threads.js";
import { partitionRoutes } from "./partition-routes.js";

const question = { path: { partition: "0" }, query: new URLSearchParams("order=active"), body: "" };

test("that a partition is here is answered before the first threads in an order are found", async () => {
  const store = await new MemoryDisk().open("0");
  let look = () => {};
  const looked = new Promise<void>((resolve) => {
    look = resolve;
  });
  const texts = store.texts.bind(store);
  store.texts = async function* (range) {
    await looked;
    yield* texts(range);
  };
  const storeOf = (partition: number) => (partition === 0 ? store : undefined);
  const [list] = partitionRoutes(new LocalThreads({ storeOf, bundle: async () => undefined }), SYSTEM_CLOCK);
  const { signal } = new AbortController();
  const answer = await list!.answer({ ...question, signal });
  look();
  const lines: string[] = [];
  if ("lines" in answer) for await (const line of answer.lines) lines.push(line);
  expect(lines).toEqual(['{"end":true}']);
  await expect(list!.answer({ ...question, path: { partition: "1" }, signal })).rejects.toMatchObject({ status: 421 });
});
