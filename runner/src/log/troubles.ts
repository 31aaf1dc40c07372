import type { Trouble } from "./log.js";

/** What is being retried at this moment. */
export class Troubles {
  readonly #current = new Map<object, Trouble>();

  /** Returns the token that `clear` and the next report of the same row of failures take. */
  report(what: string, error: Error, token: object = {}): object {
    const since = this.#current.get(token)?.since ?? Date.now();
    this.#current.set(token, { what, error, since });
    return token;
  }

  clear(token: object): void {
    this.#current.delete(token);
  }

  list(): Trouble[] {
    return [...this.#current.values()];
  }
}
