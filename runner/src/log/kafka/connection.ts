// One connection to one broker. It owns: that there is one socket, that everybody waiting on it hears of its end, and that
// it is never used again after that. kafkajs owns what is said on it (TLS, SASL, framing).
//
// I1 `open` happens once, whoever asks first. (Two calls of kafkajs's own `connect` make two sockets with one parser.)
// I2 Once the socket has ended no request waits: what was asked rejects with LogUnreachable, what is asked later too. (On a
//    connection that is being closed kafkajs takes requests that it will neither answer nor time out.)
// I3 A request that is not answered in time ends the connection. (kafkajs would look for such requests ten times a second
//    on every connection, busy or not, and go on with a broker that has stopped answering.)

import net from "node:net";
import tls from "node:tls";
import { LogClosed, LogUnreachable } from "../errors.js";
import { connectionError } from "./answer.js";
import {
  API,
  type ApiVersions,
  apiVersionsCall,
  type CallName,
  type Calls,
  call,
  type KafkajsConnection,
  newConnection,
  type Protocol,
} from "./kafkajs.js";
import type { BrokerAddress, KafkaSettings, SocketFactory } from "./settings.js";

const defaultSocket: SocketFactory = ({ host, port, ssl, onConnect }) =>
  ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);

const KEEP_ALIVE_MS = 60_000;

export class BrokerConnection {
  readonly name: string;
  readonly #address: BrokerAddress;
  readonly #settings: KafkaSettings;
  readonly #waiting = new Set<(error: Error) => void>();
  #socket: net.Socket | undefined;
  #connection: KafkajsConnection | undefined;
  #versions: ApiVersions = {};
  #opening: Promise<this> | undefined;
  #end: Error | undefined;
  /** It has answered what it answers only to whom it let in. */
  #answered = false;

  constructor(address: BrokerAddress, settings: KafkaSettings) {
    this.#address = address;
    this.#settings = settings;
    this.name = address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  open(): Promise<this> {
    this.#opening ??= this.#open().then(
      () => this,
      (error) => {
        const reason = connectionError(error, this.name);
        this.#over(reason);
        throw this.#end ?? reason;
      },
    );
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { clientId = "kwf", tls: secure, sasl, connectTimeoutMs = 10_000 } = this.#settings;
    const connection = newConnection({
      host: this.#address.host,
      port: this.#address.port,
      clientId,
      ssl: secure === true ? {} : secure === false ? undefined : secure,
      sasl: sasl && { ...sasl },
      connectionTimeout: connectTimeoutMs,
      socketFactory: (options) => this.#connect(options),
    });
    this.#connection = connection;
    await this.#while(connection.connect(), connectTimeoutMs);
    const answer = await this.send(apiVersionsCall());
    this.#versions = Object.fromEntries(answer.apiVersions.map(({ apiKey, ...range }) => [apiKey, range]));
    connection.setVersions(this.#versions);
    connection.setSupportAuthenticationProtocol(this.#versions[API.saslAuthenticate] !== undefined);
    await this.#while(connection.authenticate(), this.#requestTimeoutMs);
  }

  #connect(options: { host: string; port: number; ssl: tls.ConnectionOptions; onConnect: () => void }): net.Socket {
    const socket = (this.#settings.socketFactory ?? defaultSocket)(options);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.once("end", () => {
      const hint = this.#answered ? "" : " before it said anything; is security.protocol the one of that port?";
      this.#over(new LogUnreachable(`${this.name} closed the connection${hint}`));
    });
    socket.once("close", () => this.#over(new LogUnreachable(`the connection to ${this.name} ended`)));
    socket.once("error", (error) => this.#over(connectionError(error, this.name)));
    this.#socket = socket;
    return socket;
  }

  /** One of the requests that kafkajs encodes. */
  call<N extends CallName>(name: N, parameters: Calls[N][0]): Promise<Calls[N][1]> {
    let protocol: Protocol<Calls[N][1]>;
    try {
      protocol = call(name, this.#versions, parameters);
    } catch (error) {
      return Promise.reject(connectionError(error, this.name));
    }
    return this.send(protocol).then((answer) => {
      this.#answered = true;
      return answer;
    });
  }

  send<T>(protocol: Protocol<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === undefined) throw new Error("a connection is opened before it is used");
    return this.#while(connection.send(protocol), Math.max(this.#requestTimeoutMs, protocol.requestTimeout ?? 0));
  }

  get #requestTimeoutMs(): number {
    return this.#settings.requestTimeoutMs ?? 8_000;
  }

  /** Follows a promise of kafkajs as long as the socket lives (I2) and the time allows (I3). */
  #while<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#over(new LogUnreachable(`${this.name} did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        reject(error);
      };
      this.#waiting.add(fail);
      promise.then(
        (value) => {
          clearTimeout(timer);
          this.#waiting.delete(fail);
          resolve(value);
        },
        (error) => fail(this.#end ?? connectionError(error, this.name)),
      );
      if (this.#end) fail(this.#end);
    });
  }

  #over(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    for (const fail of [...this.#waiting]) fail(error);
    this.#socket?.destroy();
    this.#connection?.rejectRequests(error);
    this.#connection?.disconnect().catch(() => {});
  }

  close(): void {
    this.#over(new LogClosed(`the connection to ${this.name} was closed`));
  }
}
