import * as W from "@kwf/workflow";

const cache = new Map<string, unknown>();
let latest: unknown;

class Client {
  static shared: unknown;
  #socket: unknown;
  constructor(socket: unknown) {
    this.#socket = socket;
  }
  async call() {
    await W.ref();
    return this.#socket;
  }
}

function makeCancel(client: unknown) {
  return async function cancelHotel() {
    return client;
  };
}

const socket = () => new SharedArrayBuffer(8);

/** Each puts a value that cannot be saved where its name says. */
const places: Record<string, (compensations: unknown[]) => unknown> = {
  closure: (list) => list.push(makeCancel(socket())),
  "module map": () => cache.set("k", { deep: socket() }),
  "module variable": () => {
    latest = { x: [socket()] };
  },
  "static field": () => {
    Client.shared = socket();
  },
  "private field": (list) => list.push(new Client(socket())),
  this: () => new Client(socket()).call(),
  proxy: (list) => list.push(new Proxy({ a: socket() }, {})),
  "bound argument": (list) => list.push(makeCancel.bind(null, socket())),
  promise: (list) => list.push(Promise.resolve(socket())),
  "element of all": (list) => list.push(Promise.all([W.ref(), Promise.resolve({ y: socket() })])),
  reaction: () => void W.ref().then(makeCancel(socket())),
  generator: (list) => {
    const walk = (function* walk() {
      const held = socket();
      yield 1;
      return held;
    })();
    walk.next();
    list.push(walk);
  },
  "class in a function": (list) => {
    // biome-ignore lint/complexity/noStaticOnlyClass: its static field is the point
    class Base {
      static x = socket();
    }
    list.push(class Sub extends Base {});
  },
  collections: (list) => list.push(new Map([["key", new Set([{ "odd name": socket() }])]])),
  "dynamic function": (list) =>
    list.push((Reflect.get(globalThis, "Function") as (text: string) => unknown)("return 1")),
};

export default async function main(place: string) {
  const compensations: unknown[] = [1, 2];
  const helper = () => compensations.length;
  void places[place]?.(compensations);
  await W.ref();
  return [helper(), latest];
}
