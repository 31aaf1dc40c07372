import * as W from "@kwf/workflow";

export const manifest: W.Manifest = { name: "three-requests", outputTopics: ["commands"] };

/** W3: three commands to a service, one after the other. */
export default async function main(): Promise<number> {
  let sum = 0;
  for (let n = 0; n < 3; n++) {
    const reply = W.ref<number>("reply");
    W.outputJSON({ ref: reply.id, n }, "commands");
    sum += await reply;
  }
  return sum;
}
