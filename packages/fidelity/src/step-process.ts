// The program of a SecondProcess: loads bundles and runs steps for its parent, and ends with it.
import { type Bundle, loadBundle, step } from "@kwf/engine";
import type { Reply, Request } from "./second-process.js";

let bundle: Bundle | undefined;

function answer(request: Request): Omit<Reply, "id"> {
  if ("code" in request) {
    bundle = loadBundle(request.code);
    return {};
  }
  const { state, record } = request;
  return { result: step(bundle as Bundle, state, record, { timeoutMs: 0, seed: record.offset }) };
}

process.on("message", (request: Request) => {
  let reply: Omit<Reply, "id">;
  try {
    reply = answer(request);
  } catch (error) {
    reply = { failure: String(error) };
  }
  process.send?.({ ...reply, id: request.id });
});
process.on("disconnect", () => process.exit(0));
