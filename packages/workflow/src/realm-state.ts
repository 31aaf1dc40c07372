// Owns the text of a thread: which objects are roots, what belongs to the thread besides its graph, and the order in
// which things are taken, written, read and applied.
// Neighbours: codec/codec.ts writes and reads graphs; codec/module-state.ts compares the program with its image.
//
// I1. Writing: first the program's changes are taken, then the graph is written, then they are undone: a walk over a root in
//     the middle is written as it stands in what the thread made of that root. Built-ins are put right before.
// I2. Reading: modules that the thread has evaluated, then the graph, then the program's changes, then walks in the middle.
import { api } from "./api.js";
import { decode, encode } from "./codec/codec.js";
import { Image } from "./codec/image.js";
import { type ModuleChanges, ModuleState, type ModuleStateOptions } from "./codec/module-state.js";
import { StateError } from "./codec/serialization-error.js";
import { moduleTables } from "./module-table.js";
import {
  asyncGeneratorPrototype,
  asyncIteratorPrototype,
  generatorPrototype,
  iteratorPrototype,
  ownKeys,
} from "./pristine.js";
import { Promise as DurablePromise } from "./promise.js";
import { refPrototype } from "./ref.js";

const FORMAT = 2;

export class RealmState {
  readonly #bundle: string;
  readonly #roots: Readonly<Record<string, unknown>>;
  readonly #loading: NonNullable<ModuleStateOptions["loading"]>;
  readonly #globals = ownKeys(globalThis);
  #image!: Image;
  #modules!: ModuleState;
  /** False: something of the program could not be made what it was after loading. The realm must not be used again. */
  clean = true;

  /** Made before the program is loaded. `roots` are hidden objects and symbols of the realm, by name. */
  constructor(
    bundle: string,
    roots: Readonly<Record<string, unknown>>,
    loading: NonNullable<ModuleStateOptions["loading"]>,
  ) {
    this.#bundle = bundle;
    this.#loading = loading;
    this.#roots = {
      ...roots,
      Promise: DurablePromise,
      RefPrototype: refPrototype,
      IteratorPrototype: iteratorPrototype,
      AsyncIteratorPrototype: asyncIteratorPrototype,
      GeneratorPrototype: generatorPrototype,
      AsyncGeneratorPrototype: asyncGeneratorPrototype,
      api,
    };
  }

  /** The program has been loaded: what there is now is never written by value. */
  freeze(options?: ModuleStateOptions): void {
    this.#image = new Image({ roots: this.#roots, modules: moduleTables, globals: this.#globals });
    this.#modules = new ModuleState(this.#image, { loading: this.#loading, ...options });
  }

  /** The text of `root`, and the program as it was after loading. */
  write(root: object, status: string): string {
    const { changes: m, evaluated: e, undone } = this.#modules.take(true);
    const fields = { v: FORMAT, b: this.#bundle, s: status, t: root, m, e };
    const text = encode(fields, this.#image);
    if (!this.#modules.end() || !undone) this.clean = false;
    return text;
  }

  read(text: string): object {
    const prepare = ({ v, e }: Readonly<Record<string, unknown>>): void => {
      if (v !== FORMAT) {
        throw new StateError(
          "KWF_STATE_UNREADABLE",
          `the saved state has format ${v}, and this bundle reads ${FORMAT}`,
        );
      }
      if (e !== undefined) this.#modules.enter(e as string[]);
    };
    const { t } = decode(text, this.#image, prepare, ({ m }) => this.#modules.apply(m as ModuleChanges | undefined));
    return t as object;
  }

  /** The program as it was after loading, for a thread of which nothing is kept. */
  undo(): void {
    const { undone } = this.#modules.take();
    if (!this.#modules.end() || !undone) this.clean = false;
  }
}
