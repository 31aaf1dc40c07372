import * as W from "@kwf/workflow";

export const manifest: W.Manifest = { name: "minimal", outputTopics: ["minimal-greeting-request"] };

/** Asks a service for a greeting and returns it. The answer may take a second or a year. */
export default async function greet({ name = "world" }: { name?: string } = {}) {
  const reply = W.ref<string>("greeting");
  W.outputJSON({ name, ref: reply.id }, "minimal-greeting-request");
  const greeting = await reply;
  return { greeting };
}
