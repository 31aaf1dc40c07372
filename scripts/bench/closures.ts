import * as W from "@kwf/workflow";

/** A hundred items, each with a closure that undoes it: what a saga keeps. */
export default async function main(count: number): Promise<number> {
  const undo: (() => string)[] = [];
  for (let i = 0; i < count; i++) {
    const item = { id: `item-${i}`, price: i * 10 };
    const booked = await W.ref<string>("book");
    undo.push(() => `${item.id} ${booked}`);
  }
  return undo.length;
}
