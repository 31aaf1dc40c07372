/** Open or shut; who comes while it is shut waits. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: () => void = () => {};

  get isOpen(): boolean {
    return this.#opened === undefined;
  }

  shut(): void {
    if (this.#opened !== undefined) return;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#opened = undefined;
    this.#open();
  }

  async pass(): Promise<void> {
    while (this.#opened !== undefined) await this.#opened;
  }
}
