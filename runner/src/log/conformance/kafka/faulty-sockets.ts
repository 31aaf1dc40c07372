// Sockets that fail on command, for tests: the client under test is told to use them, the broker is real.

import net from "node:net";
import tls from "node:tls";
import type { SocketFactory } from "../../kafka/settings.js";

/** Numbers of requests (kafka.apache.org/protocol "Api Keys"). */
export const Request = { produce: 0, fetch: 1, initProducerId: 22, addPartitions: 24, endTransaction: 26 } as const;

export type Fault =
  /** The request never leaves; the connection breaks. */
  | "cut"
  /** The broker does it; the connection breaks before its answer arrives. */
  | "lose-answer"
  | "none";

export class FaultySockets {
  /** Asked for every request, in order. */
  decide: (apiKey: number) => Fault = () => "none";
  /** Every request that was made. */
  readonly seen: number[] = [];
  readonly #open = new Set<net.Socket>();
  #dead = false;

  readonly factory: SocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#dead) {
      const socket = new net.Socket();
      setImmediate(() => socket.destroy(new Error("this client is dead")));
      return socket;
    }
    const socket = ssl ? tls.connect({ host, port, ...ssl }, onConnect) : net.connect({ host, port }, onConnect);
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    this.#watch(socket);
    return socket;
  };

  #watch(socket: net.Socket): void {
    const write = socket.write.bind(socket) as (data: Buffer, encoding: BufferEncoding) => boolean;
    const emit = socket.emit.bind(socket);
    let losing = false;
    socket.write = ((data: Buffer, encoding: BufferEncoding) => {
      const apiKey = data.readInt16BE(4);
      this.seen.push(apiKey);
      const fault = this.decide(apiKey);
      if (fault === "cut") {
        socket.destroy();
        return false;
      }
      losing ||= fault === "lose-answer";
      return write(data, encoding);
    }) as typeof socket.write;
    socket.emit = ((event: string, ...args: unknown[]) => {
      if (event !== "data" || !losing) return emit(event, ...args);
      socket.destroy();
      return true;
    }) as typeof socket.emit;
  }

  /** The fault happens to the n-th of these requests from now on, counted from 1, and to no other. */
  once(apiKey: number, fault: Fault, nth = 1): void {
    let count = 0;
    this.decide = (key) => (key === apiKey && ++count === nth ? fault : "none");
  }

  /** Breaks everything that is open. */
  breakAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** From now on nothing gets in or out. */
  die(): void {
    this.#dead = true;
    this.breakAll();
  }
}
