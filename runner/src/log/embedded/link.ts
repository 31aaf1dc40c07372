// What stands between a client and its log. In one process nothing ever does; a test can cut it, and then the client is like a
// process that was stopped: nothing it asks is heard, and it hears nothing.

import { LogUnreachable } from "../errors.js";

export class Link {
  #down: { readonly until: Promise<void>; readonly restore: () => void } | undefined;
  readonly #watchers = new Set<(up: boolean) => void>();

  get up(): boolean {
    return this.#down === undefined;
  }

  cut(): void {
    if (this.#down) return;
    let restore = () => {};
    const until = new Promise<void>((resolve) => {
      restore = resolve;
    });
    this.#down = { until, restore };
    for (const watcher of [...this.#watchers]) watcher(false);
  }

  restore(): void {
    const down = this.#down;
    if (!down) return;
    this.#down = undefined;
    down.restore();
    for (const watcher of [...this.#watchers]) watcher(true);
  }

  /** Called at every change, until `forget`. */
  watch(changed: (up: boolean) => void): { forget(): void } {
    this.#watchers.add(changed);
    return { forget: () => this.#watchers.delete(changed) };
  }

  /** Resolves at once while it is up. Rejects with the signal's reason. */
  async whenUp(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#down) {
      const { until } = this.#down;
      await new Promise<void>((resolve, reject) => {
        const stop = () => reject(signal.reason);
        signal.addEventListener("abort", stop, { once: true });
        until.then(resolve).finally(() => signal.removeEventListener("abort", stop));
      });
    }
  }

  /** For what is not asked twice. Throws LogUnreachable. */
  mustBeUp(what: string): void {
    if (this.#down) throw new LogUnreachable(`cannot ${what}: the log does not answer`);
  }
}
