/** A workflow for what is asked over HTTP: it waits for approval, and does what it is told on the way. */
export const ASKING = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["said"] };
export default async function main(what: unknown): Promise<unknown> {
  if (what === "fail") throw new Error("no");
  if (what === "late") W.output("3600000", "workflow-scheduler", W.threadId + "|x");
  try {
    const [answer] = await Promise.all([W.ref<string>("approval"), what === "two" ? W.ref("approval") : undefined]);
    if (answer === "poison") W.output("x", ["un", "declared"].join(""));
    return { answer };
  } finally {
    W.output("cleaned", "said");
  }
}
`;
