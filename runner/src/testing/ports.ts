import { type AddressInfo, createServer, type Server } from "node:net";
import { CannotRunKafka } from "./kafka-jars.js";

const HOST = "127.0.0.1";

/** Ports that nobody listens on at this moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

export async function expectFree(port: number): Promise<void> {
  try {
    const server = await listen(port);
    await new Promise((closed) => server.close(closed));
  } catch {
    throw new CannotRunKafka(`port ${port} is in use; stop what listens there, or give another port`);
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(port, HOST, () => resolve(server));
  });
}
