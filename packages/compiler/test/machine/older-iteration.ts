/**
 * Node 24 iterates synchronous iterators asynchronously as ECMAScript 2025 says, which closes them where Node 20 does not. Machines do as Node
 * 20 does everywhere (docs/limits.md), and can be compared with a newer Node only where the two agree.
 */
async function closesOnRejection(): Promise<boolean> {
  let closed = false;
  const rejecting = {
    next: () => ({ value: Promise.reject(new Error("rejected")), done: false }),
    return() {
      closed = true;
      return { value: undefined, done: true };
    },
  };
  try {
    for await (const _ of { [Symbol.iterator]: () => rejecting });
  } catch {
    return closed;
  }
  return closed;
}

const iteratesAnew = await closesOnRejection();

const OTHERWISE = /^(for await over sync$|yield\* (of an array|without throw|throws|primitives|in for-of))/;

/** Whether this Node runs the body as Node 20 does, where errors are thrown into it or not. */
export const isAsInNode20 = (name: string, throws = true): boolean => !(iteratesAnew && throws && OTHERWISE.test(name));
