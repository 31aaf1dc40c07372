import type { Ask } from "./index.js";

class Account {
  static #opened = 0;
  #balance = 0;
  readonly history: [string, number][] = [];
  constructor(readonly owner: string) {
    Account.#opened += 1;
  }
  get balance(): number {
    return this.#balance;
  }
  set balance(value: number) {
    this.history.push([this.owner, value - this.#balance]);
    this.#balance = value;
  }
  static get opened(): number {
    return Account.#opened;
  }
  async *movements(ask: Ask): AsyncGenerator<number> {
    for (const name of ["in", "out"]) yield (this.balance += (await ask(`${this.owner} ${name}`)) as number);
  }
}

class Savings extends Account {
  rate = 2;
  override get balance(): number {
    return super.balance * this.rate;
  }
  override set balance(value: number) {
    super.balance = value / this.rate;
  }
}

/** Private members, accessors, inheritance, async generators, a class made in a function, bound methods, symbols. */
export async function classes(ask: Ask): Promise<unknown> {
  const kind = Symbol("kind");
  class Note {
    #text: string;
    [kind] = "note";
    constructor(text: string) {
      this.#text = text;
    }
    read = () => this.#text;
    static is(value: object): boolean {
      return #text in value;
    }
  }
  const [plain, savings] = [new Account("ann"), new Savings("bob")];
  const note = Object.freeze(new Note("remember"));
  const read = note.read;
  const seen: number[] = [];
  for (const account of [plain, savings]) for await (const balance of account.movements(ask)) seen.push(balance);
  return [
    seen,
    [plain.balance, savings.balance, Account.opened],
    [plain.history, savings.history],
    [read(), note[kind], Note.is(note), Object.isFrozen(note), savings instanceof Account],
  ];
}
