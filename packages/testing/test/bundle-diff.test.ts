import { BundleDiff, decodeState, loadBundle, type NameMap } from "@kwf/engine";
import { expect, test } from "vitest";
import { built, started } from "./move-kit.js";

const BEFORE = `
export default async function main(input: any) {
  const [a, b] = await Promise.all([same(), other(input)]);
  for (const x of [a, b]) await W.refId("loop", x as string);
}
async function same() { return await W.refId("same"); }
async function other(input: any) { const n = input; const got = await W.refId("other"); return [got, n]; }
async function renamed() { await W.refId("renamed"); }
export const keep = renamed;
`;
const AFTER = BEFORE.replace("for (const x of [a, b]) await", "for (const x of [a, b]) for (const y of [1]) { await")
  .replace("x as string);", "x as string); }")
  .replace("return [got, n]", "return [n, got]")
  .replaceAll("renamed()", "called()")
  .replace("= renamed", "= called");

const outcomes = async (map?: NameMap) => {
  const [before, after] = [loadBundle(await built(BEFORE)), loadBundle(await built(AFTER))];
  return new BundleDiff(before, after, map).points.map(({ text, outcome, why }) => [text, outcome, why]);
};

test("each place where a thread can be suspended moves, can be carried over, or stays, and why", async () => {
  const changed = (name: string) => `index.ts:${name} was changed`;
  expect(await outcomes()).toEqual([
    ["await Promise.all([same(), other(input)])", "names", changed("main")],
    [
      'await W.refId("loop", x)',
      "refused",
      'index.ts:main: what is around `await W.refId("loop", x)` was changed: for-of, now for-of > for-of',
    ],
    ['await W.refId("same")', "moves", undefined],
    ['await W.refId("other")', "names", changed("other")],
    ['await W.refId("renamed")', "refused", "there is no index.ts:renamed any more; new is index.ts:called"],
  ]);
  const [, , , , mapped] = await outcomes({ functions: { "index.ts:renamed": "index.ts:called" } });
  expect(mapped?.[1]).toBe("names");
});

test("a thread moves where all of it does", async () => {
  const t = await started(BEFORE, 1);
  const home = t.bundle;
  const diff = new BundleDiff(home, loadBundle(await built(AFTER)));
  const found = () => diff.thread(decodeState(t.state()!));
  expect(found()).toMatchObject({ points: [0, 2, 3], outcome: "names" });
  t.resume("same", "s");
  t.resume("other", "o");
  expect(found()).toMatchObject({ points: [1], outcome: "refused" });
  expect(
    new BundleDiff(home, loadBundle(await built(`${BEFORE}const more = 1;`))).thread(decodeState(t.state()!)),
  ).toEqual({
    points: [1],
    outcome: "moves",
  });
});

test("what the new bundle cannot read is told as it is", async () => {
  const text = (rates: string) =>
    `const rates: any = ${rates};\nexport default async function main() { const held = rates.eur; await W.refId("a"); return held; }`;
  const t = await started(text("{ eur: {} }"));
  const diff = new BundleDiff(t.bundle, loadBundle(await built(text("{ usd: {} }"))));
  expect(diff.thread(decodeState(t.state()!))).toMatchObject({
    outcome: "refused",
    why: expect.stringContaining("refers to 1:rates.eur, which does not exist here"),
  });
});
