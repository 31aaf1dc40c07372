// The model and the tools, each behind its topic: on the Kafka of KWF_BROKERS where that is set, beside `kwf dev` where it is not.
import { connect, serveDev } from "@kwf/client";
import * as topics from "../src/topics.js";
import { findOrder, refund, scriptedModel, trackParcel } from "./scripted.js";

if (process.env.KWF_BROKERS) {
  const client = connect({ clientId: "ai-agent-services" });
  await client.serve(topics.model, scriptedModel);
  await client.serve(topics.findOrder.requests, findOrder);
  await client.serve(topics.trackParcel.requests, trackParcel);
  await client.serve(topics.refund.requests, refund);
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void client.close());
} else {
  const url = process.env.KWF_DEV ?? "http://localhost:8484";
  await serveDev(topics.model, scriptedModel, { url });
  await serveDev(topics.findOrder.requests, findOrder, { url });
  await serveDev(topics.trackParcel.requests, trackParcel, { url });
  await serveDev(topics.refund.requests, refund, { url });
}
console.log("the model and the tools answer");
