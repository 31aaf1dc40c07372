// Owns the mailbox of a thread: messages for one stable ref, kept in the order of their arrival until they are received.
//
// I1. There is always a pending ref for the next message: the one that has come is put into the mailbox, and the next ref
//     is made, in the same step. So no message is late, whatever the workflow is busy with.
// I2. Listening belongs to nobody's branch. It survives every cancellation and does not keep the thread alive.
// I3. Only `take` and `receive` take a message out; `receive` does it as the last thing. One that is cancelled while it
//     waits takes nothing.
import * as W from "@kwf/workflow";

/** Messages for a thread, sent as `{"ref":"<id>","value":...}` to `workflow-resume`. */
export interface Channel<T> extends AsyncIterable<T> {
  /** What messages name. */
  readonly id: string;
  /** How many have come and were not received. */
  readonly size: number;
  /**
   * The next message, oldest first; a message that came as an error is thrown. Receivers that wait at once get one each.
   *
   *     const message = await Promise.race([messages.receive(), sleep(1000)]); // undefined: none within a second
   *
   * Of two channels that both have a message, a race would drop one: wait with `ready`, then `take`.
   */
  receive(): Promise<T>;
  /** Fulfilled when there is a message. Nothing is taken: several may be waited for at once. */
  ready(): Promise<void>;
  /** The oldest message, or undefined where there is none; a promise, for it may be one that came as an error. */
  take(): Promise<T> | undefined;
}

/**
 * Opens the mailbox `id`. From here on a message that arrives between two awaits waits there; what nobody has received
 * when the workflow returns is dropped with the thread. Open it once, at the start.
 *
 *     const messages = channel<CartMessage>("main");
 *     for await (const message of messages) ...
 */
export function channel<T>(id = "main"): Channel<T> {
  const arrived: Promise<T>[] = [];
  let next: W.Ref<T>;

  function listen(): void {
    next = W.refId<T>(id).unref();
    next.then(keep, keep);
  }

  function keep(): void {
    arrived.push(next);
    listen();
  }

  // I2
  W.withCancellationScope(undefined, listen);

  async function ready(): Promise<void> {
    while (arrived.length === 0) {
      try {
        await next;
      } catch (reason) {
        // A message that is an error is thrown to whoever takes it out.
        if (reason instanceof W.CancelToken) throw reason;
      }
    }
  }

  const take = (): Promise<T> | undefined => arrived.shift();

  async function receive(): Promise<T> {
    await ready();
    // Whoever waited for the same message may have been quicker.
    return take() ?? receive();
  }

  return {
    id,
    get size() {
      return arrived.length;
    },
    receive,
    ready,
    take,
    async *[Symbol.asyncIterator]() {
      for (;;) yield await receive();
    },
  };
}
