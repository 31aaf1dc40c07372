import {
  applyPatches,
  createDraft,
  current,
  enableMapSet,
  enablePatches,
  finishDraft,
  freeze,
  immerable,
  isDraft,
  original,
  produce,
  produceWithPatches,
} from "immer";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

enablePatches();
enableMapSet();

class Cart {
  static [immerable] = true;
  lines: { sku: string; n: number }[] = [];
  get total() {
    return this.lines.reduce((sum, { n }) => sum + n, 0);
  }
}

export default async function main() {
  const base = { cart: new Cart(), tags: new Map([["a", { n: 1 }]]), seen: new Set(["x"]), deep: { list: [1, 2, 3] } };
  const add = produce(
    (draft: typeof base, sku: string) => void draft.cart.lines.push({ sku, n: draft.cart.lines.length + 1 }),
  );
  const one = add(base, "A");
  await ask("a producer and frozen states are held");
  const two = add(one, "B");
  log(
    two.cart.total,
    one.cart.total,
    base.cart.total,
    two.cart instanceof Cart,
    two.deep === base.deep,
    Object.isFrozen(two.cart.lines),
  );
  try {
    (two.cart.lines as unknown[]).push(1);
  } catch (error) {
    log((error as Error).constructor === TypeError);
  }
  const draft = createDraft(two);
  draft.deep.list.push(4);
  draft.tags.set("b", { n: 2 });
  (draft.tags.get("a") as { n: number }).n = 10;
  draft.seen.add("y");
  await ask("a draft is held");
  draft.cart.lines.pop();
  log(isDraft(draft), original(draft) === two, current(draft).deep.list);
  const three = finishDraft(draft) as typeof base;
  await ask();
  log(three.deep.list, [...three.tags], [...three.seen], three.cart.total, two.deep.list, two.tags.get("a"));
  const [next, patches, inverse] = produceWithPatches(three, (d) => {
    d.deep.list.splice(1, 2);
    d.tags.delete("a");
  });
  await ask("patches are held");
  log(patches, inverse, applyPatches(next, inverse).deep.list, freeze({ a: 1 }));
}
