import * as W from "@kwf/workflow";

/** Two answers one after the other: the smallest workflow that keeps something. */
export default async function main({ name }: { name: string }): Promise<string> {
  const greeting = await W.ref<string>("greeting");
  const farewell = await W.ref<string>("farewell");
  return `${greeting}, ${name}. ${farewell}`;
}
