/**
 * A kit for machines with the language's own semantics, on native promises: what the workflow runtime provides, without
 * serialization. Frames are ordinary objects.
 */

// biome-ignore-all lint/suspicious/noExplicitAny: values of the programs under test have no types

interface Frame {
  _l: number;
  _p: any;
  [slot: string]: any;
}

type Machine = (frame: Frame, value: unknown, mode: number) => unknown;

export interface KitOptions {
  /** Called at every suspension point with the value that goes out and the frame. */
  onSuspend?(value: unknown, frame: Frame): void;
}

export function makeKit(options: KitOptions = {}) {
  const resolvers = new WeakMap<object, { resolve(value: unknown): void; reject(error: unknown): void }>();

  function withResolvers() {
    let settle!: { resolve(value: unknown): void; reject(error: unknown): void };
    const promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    return { promise, ...settle };
  }

  /** Settles the promise of an async function's frame, which is made when it first waits or ends. */
  function settleOf(frame: Frame) {
    if (frame._p === undefined) {
      const { promise, ...settle } = withResolvers();
      frame._p = promise;
      resolvers.set(promise, settle);
    }
    return resolvers.get(frame._p)!;
  }
  const machineOf = (frame: Frame): Machine => frame._r;
  const suspend = (value: unknown, frame: Frame) => options.onSuspend?.(value, frame);
  const then = Promise.prototype.then;
  const NONE = { toString: () => "NONE" };

  class IteratorRecord {
    done = false;
    value: any = undefined;
    mode = 0;
    iterator: any;
    next: any;
    constructor(iterator: any) {
      checkObject(iterator, "Result of the Symbol.iterator method is not an object");
      this.iterator = iterator;
      this.next = iterator.next;
    }
  }

  function checkObject(value: any, message = `Iterator result ${String(value)} is not an object`): any {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) throw new TypeError(message);
    return value;
  }

  function method(object: any, name: PropertyKey): any {
    const found = object[name];
    if (found === undefined || found === null) return undefined;
    if (typeof found !== "function") throw new TypeError(`${String(name)} is not a function`);
    return found;
  }

  /** %AsyncFromSyncIteratorPrototype%, taken from the engine through a native for await. */
  function fromSync(sync: IteratorRecord): any {
    const proceed = (result: any, capability: any, closeOnRejection: boolean) => {
      let done: boolean;
      let value: any;
      try {
        done = Boolean(result.done);
        value = result.value;
      } catch (error) {
        capability.reject(error);
        return capability.promise;
      }
      let wrapped: Promise<any>;
      try {
        wrapped = Promise.resolve(value);
      } catch (error) {
        if (!done && closeOnRejection) closeQuiet(sync);
        capability.reject(error);
        return capability.promise;
      }
      wrapped.then(
        (v) => capability.resolve({ value: v, done }),
        (error) => capability.reject(error),
      );
      return capability.promise;
    };
    const capability = () => {
      const made: any = {};
      made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
      return made;
    };
    const iterator: any = {
      next(...args: unknown[]) {
        const made = capability();
        try {
          return proceed(checkObject(Reflect.apply(sync.next, sync.iterator, args)), made, true);
        } catch (error) {
          made.reject(error);
          return made.promise;
        }
      },
      return(...args: unknown[]) {
        const made = capability();
        try {
          const found = method(sync.iterator, "return");
          if (!found) {
            made.resolve({ value: args[0], done: true });
            return made.promise;
          }
          return proceed(checkObject(Reflect.apply(found, sync.iterator, args)), made, false);
        } catch (error) {
          made.reject(error);
          return made.promise;
        }
      },
      throw(...args: unknown[]) {
        const made = capability();
        try {
          const found = method(sync.iterator, "throw");
          // Node 20 still follows the older text: no closing, and the error sent in is what rejects.
          if (!found) throw args[0];
          return proceed(checkObject(Reflect.apply(found, sync.iterator, args)), made, true);
        } catch (error) {
          made.reject(error);
          return made.promise;
        }
      },
    };
    return iterator;
  }

  function iter(value: any): IteratorRecord {
    const found = value[Symbol.iterator];
    if (typeof found !== "function") throw new TypeError("object is not iterable");
    return new IteratorRecord(Reflect.apply(found, value, []));
  }

  function close(record: IteratorRecord): void {
    const found = method(record.iterator, "return");
    if (found) checkObject(Reflect.apply(found, record.iterator, []));
  }

  function closeQuiet(record: IteratorRecord): void {
    try {
      const found = method(record.iterator, "return");
      if (found) Reflect.apply(found, record.iterator, []);
    } catch {
      // The completion that closes wins.
    }
  }

  function next(record: IteratorRecord): boolean {
    record.done = true;
    const result = checkObject(Reflect.apply(record.next, record.iterator, []));
    const done = Boolean(result.done);
    record.value = done ? undefined : result.value;
    record.done = done;
    return !done;
  }

  const kit = {
    NONE,
    checkObject: (value: any) => checkObject(value),
    iter,
    next,
    close,
    closeQuiet,
    aiter(value: any): IteratorRecord {
      const found = method(value, Symbol.asyncIterator);
      if (!found) return new IteratorRecord(fromSync(iter(value)));
      return new IteratorRecord(Reflect.apply(found, value, []));
    },
    anext: (record: IteratorRecord) => Reflect.apply(record.next, record.iterator, []),
    anextResult(record: IteratorRecord, result: any): boolean {
      const done = Boolean(checkObject(result).done);
      record.value = done ? undefined : result.value;
      return !done;
    },
    aclose(record: IteratorRecord): any {
      const found = method(record.iterator, "return");
      return found ? Reflect.apply(found, record.iterator, []) : NONE;
    },
    collect(record: IteratorRecord): unknown[] {
      const all: unknown[] = [];
      while (!record.done && next(record)) all.push(record.value);
      return all;
    },
    keys(object: any) {
      const keys: string[] = [];
      if (object !== null && object !== undefined) for (const key in Object(object)) keys.push(key);
      return { object, keys, value: undefined as string | undefined };
    },
    nextKey(record: { object: any; keys: string[]; value: string | undefined }): boolean {
      for (let key = record.keys.shift(); key !== undefined; key = record.keys.shift()) {
        if (!(key in Object(record.object))) continue;
        record.value = key;
        return true;
      }
      return false;
    },
    call(fn: any, self: unknown, args: unknown[], text: string): unknown {
      if (typeof fn !== "function") throw new TypeError(`${text} is not a function`);
      return Reflect.apply(fn, self, args);
    },
    rest(source: any, keys: PropertyKey[]): object {
      const result: any = {};
      const excluded = new Set(keys.map((key) => (typeof key === "number" ? String(key) : key)));
      const object = Object(source);
      for (const key of Reflect.ownKeys(object)) {
        if (excluded.has(key)) continue;
        if (Object.getOwnPropertyDescriptor(object, key)?.enumerable) result[key] = object[key];
      }
      return result;
    },
    args: (rest: unknown[], ...first: unknown[]) => [...first, ...rest],
    key: (value: any): PropertyKey => Reflect.ownKeys({ [value]: 0 })[0]!,
    noThrow: () => new TypeError("The iterator does not provide a 'throw' method."),
    tpl(_id: number, cooked: string[], raw: string[]) {
      return Object.freeze(Object.defineProperty(cooked, "raw", { value: Object.freeze(raw) }));
    },
    R(_id: number, frame: any, slots: string[], machine: Machine): void {
      frame.prototype = { __proto__: null, _r: machine, _slots: slots };
    },

    await(frame: Frame, value: any): void {
      settleOf(frame);
      const promise = Promise.resolve(value);
      suspend(value, frame);
      Reflect.apply(then, promise, [
        (result: unknown) => machineOf(frame)(frame, result, 0),
        (error: unknown) => machineOf(frame)(frame, error, 1),
      ]);
    },
    ret: (frame: Frame, value: unknown) => settleOf(frame).resolve(value),
    thr: (frame: Frame, error: unknown) => settleOf(frame).reject(error),

    yield(frame: Frame, value: unknown) {
      suspend(value, frame);
      return { value, done: false };
    },
    yieldRaw(frame: Frame, result: unknown) {
      suspend(result, frame);
      return result;
    },
    gret(frame: Frame, value: unknown) {
      frame._p.state = "completed";
      return { value, done: true };
    },
    gthr(frame: Frame, error: unknown) {
      frame._p.state = "completed";
      return error;
    },
    gen(fn: any, frame: Frame) {
      frame._p = new TestGenerator(frame, fn);
      return frame._p;
    },
    delegate(record: IteratorRecord, value: unknown, mode: number): any {
      record.mode = 0;
      if (mode === 0) return checkObject(Reflect.apply(record.next, record.iterator, [value]));
      if (mode === 1) {
        const found = method(record.iterator, "throw");
        if (found) return checkObject(Reflect.apply(found, record.iterator, [value]));
        close(record);
        throw kit.noThrow();
      }
      const found = method(record.iterator, "return");
      record.mode = found ? 2 : 3;
      return found ? checkObject(Reflect.apply(found, record.iterator, [value])) : value;
    },
    adelegate(record: IteratorRecord, value: unknown, mode: number): any {
      record.mode = 0;
      if (mode === 0) return Reflect.apply(record.next, record.iterator, [value]);
      if (mode === 1) {
        const found = method(record.iterator, "throw");
        if (found) return Reflect.apply(found, record.iterator, [value]);
        record.mode = 4;
        return undefined;
      }
      const found = method(record.iterator, "return");
      record.mode = found ? 2 : 3;
      return found ? Reflect.apply(found, record.iterator, [value]) : value;
    },

    agen(_fn: any, frame: Frame) {
      frame._p = new TestAsyncGenerator(frame);
      return frame._p;
    },
    ayield(frame: Frame, value: unknown): void {
      suspend(value, frame);
      frame._p.yielded(value);
    },
    aret: (frame: Frame, value: unknown) => frame._p.completed(0, value),
    athr: (frame: Frame, error: unknown) => frame._p.completed(1, error),
  };

  const generatorPrototype = Object.getPrototypeOf(function* () {}.prototype);

  class TestGenerator {
    state = "start";
    #frame: Frame;
    constructor(frame: Frame, _fn: unknown) {
      this.#frame = frame;
    }
    #run(value: unknown, mode: number): any {
      if (this.state === "running") throw new TypeError("Generator is already running");
      if (this.state === "start" && mode !== 0) this.state = "completed";
      if (this.state === "completed") {
        if (mode === 1) throw value;
        return { value: mode === 2 ? value : undefined, done: true };
      }
      this.state = "running";
      try {
        return machineOf(this.#frame)(this.#frame, value, mode);
      } finally {
        if (this.state === "running") this.state = "yield";
      }
    }
    next(value: unknown) {
      return this.#run(value, 0);
    }
    throw(error: unknown) {
      return this.#run(error, 1);
    }
    return(value: unknown) {
      return this.#run(value, 2);
    }
  }
  Object.setPrototypeOf(TestGenerator.prototype, generatorPrototype);

  class TestAsyncGenerator {
    state = "start";
    #frame: Frame;
    #queue: any[] = [];
    constructor(frame: Frame) {
      this.#frame = frame;
    }
    [Symbol.asyncIterator]() {
      return this;
    }
    next(value: unknown) {
      return this.#enqueue(value, 0);
    }
    throw(error: unknown) {
      return this.#enqueue(error, 1);
    }
    return(value: unknown) {
      return this.#enqueue(value, 2);
    }
    #enqueue(value: unknown, mode: number) {
      const request: any = { value, mode };
      const promise = new Promise((resolve, reject) => Object.assign(request, { resolve, reject }));
      if (this.state === "start" && mode !== 0) this.state = "completed";
      if (this.state === "completed") {
        if (mode === 0) request.resolve({ value: undefined, done: true });
        else if (mode === 1) request.reject(value);
        else {
          this.#queue.push(request);
          this.#awaitReturn();
        }
        return promise;
      }
      this.#queue.push(request);
      if (this.state === "start" || this.state === "yield") this.#resume();
      return promise;
    }
    #resume() {
      const { value, mode } = this.#queue[0];
      this.state = "running";
      machineOf(this.#frame)(this.#frame, value, mode);
    }
    yielded(value: unknown) {
      const request = this.#queue.shift();
      request.resolve({ value, done: false });
      if (this.#queue.length > 0) this.#resume();
      else this.state = "yield";
    }
    completed(mode: number, value: unknown) {
      this.state = "draining";
      const request = this.#queue.shift();
      if (mode === 1) request.reject(value);
      else request.resolve({ value, done: true });
      this.#drain();
    }
    #drain() {
      for (;;) {
        const request = this.#queue[0];
        if (!request) {
          this.state = "completed";
          return;
        }
        if (request.mode === 2) {
          this.#awaitReturn();
          return;
        }
        this.#queue.shift();
        if (request.mode === 1) request.reject(request.value);
        else request.resolve({ value: undefined, done: true });
      }
    }
    #awaitReturn() {
      this.state = "draining";
      const settle = (mode: number) => (value: unknown) => {
        const request = this.#queue.shift();
        if (mode === 1) request.reject(value);
        else request.resolve({ value, done: true });
        this.#drain();
      };
      let promise: Promise<unknown>;
      try {
        promise = Promise.resolve(this.#queue[0].value);
      } catch (error) {
        return settle(1)(error);
      }
      promise.then(settle(0), settle(1));
    }
  }

  return kit;
}
