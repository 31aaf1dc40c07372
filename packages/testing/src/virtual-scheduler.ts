/** A record on `workflow-scheduler`, in the order in which they are to fire. */
interface Timer {
  key: string;
  at: number;
  /** Of two that are due at once, the one that was set first fires first. */
  order: number;
}

export interface Firing {
  thread: string;
  payload: string;
  at: number;
}

/**
 * The scheduler over a clock of one's own: key `<thread>|<payload>`, value a delay in milliseconds or `@<epoch ms>`; "0" or nothing
 * cancels; a key that is set again replaces its timer. What fires is a record on `workflow-resume`.
 */
export class VirtualScheduler {
  readonly #timers = new Map<string, Timer>();
  #order = 0;

  /** @throws RangeError for a record that the scheduler could not understand */
  receive(key: string | null, value: string | null, timestamp: number): void {
    if (key === null || key.indexOf("|") < 1)
      throw new RangeError(`workflow-scheduler: expected the key <thread>|<payload>, got ${JSON.stringify(key)}`);
    if (value === null || /^(?:0+(?:\.0+)?)?$/.test(value)) {
      this.#timers.delete(key);
      return;
    }
    const [, epoch, ms] = /^(@?)(\d+(?:\.\d+)?)$/.exec(value) ?? [];
    if (ms === undefined)
      throw new RangeError(`workflow-scheduler: expected milliseconds or @<epoch ms>, got ${JSON.stringify(value)}`);
    this.#timers.set(key, { key, at: epoch === "@" ? Number(ms) : timestamp + Number(ms), order: this.#order++ });
  }

  /** Takes out the next timer that is due by then. */
  take(until: number): Firing | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    if (next === undefined) return undefined;
    this.#timers.delete(next.key);
    const bar = next.key.indexOf("|");
    return { thread: next.key.slice(0, bar), payload: next.key.slice(bar + 1), at: next.at };
  }

  /** Key and time of every timer that is set. */
  get pending(): { key: string; at: number }[] {
    return [...this.#timers.values()]
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .map(({ key, at }) => ({ key, at }));
  }
}
