import type { Topic } from "@kwf/patterns";
import { type ConnectOptions, connect } from "./client.js";
import type { Handler } from "./handling.js";
import type { ServeOptions, Service } from "./service.js";

export { Client, type ConnectOptions, connect, type StartOptions } from "./client.js";
export { type DevServeOptions, DevService, serveDev } from "./dev-service.js";
export {
  AlreadyRunning,
  ResultTimeout,
  RunCancelled,
  RunError,
  RunFailed,
  RunRemoved,
  StartRefused,
  WaitEnded,
} from "./errors.js";
export { type Handler, type HandlingOptions, LATER, type Later, Rejection, type RequestContext } from "./handling.js";
export type { ResultOptions, Run } from "./run.js";
export type { ServeOptions, Service, Trouble } from "./service.js";

/**
 * `client.serve` with a client of its own, for a process that does nothing else.
 *
 *     await serve(reserveCar, async ({ name }, { key, signal }) => garage.reserve(name, { idempotencyKey: key, signal }));
 */
export async function serve<Request, Reply, Received, Answer>(
  topic: Topic<Request, Reply, Received, Answer>,
  handler: Handler<Received, Answer>,
  options: ConnectOptions & ServeOptions = {},
): Promise<Service> {
  const client = connect(options);
  try {
    const service = await client.serve(topic, handler, options);
    void service.closed.then(() => client.close());
    return service;
  } catch (error) {
    await client.close();
    throw error;
  }
}
