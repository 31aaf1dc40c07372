import * as W from "@kwf/workflow";

/** A thousand answers, one sum. */
export default async function main(steps: number): Promise<number> {
  let total = 0;
  for (let i = 0; i < steps; i++) total += await W.ref<number>();
  return total;
}
