// Owns what the language hides and the codec must read back: which code and scopes a function was made of, which
// kind of object a host-made object is. A stamp is a native private field put on the object at birth, so that no
// user code can see it, proxies and frozen objects carry it too, and reading it runs no trap.
// Neighbours: codec/registry.ts maps ids and kinds to what can make the object again.
//
// I1. An object is stamped at birth, and on restore before it is frozen (a future engine may refuse later).
// I2. One function stamp and one note an object: stamping again replaces.

/** A base for stamps: its constructor returns the foreign object, which then gets the private fields of the subclass. */
export class Carrier {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field gets onto a foreign object
    return object;
  }
}

/** What a function was made of: a table id with its scopes, a runtime factory's name with its parts, or a class's part. */
export type FunctionId = number | string;

class FunctionStamp extends Carrier {
  #id: FunctionId;
  #parts: unknown;
  constructor(fn: object, id: FunctionId, parts: unknown) {
    super(fn);
    this.#id = id;
    this.#parts = parts;
  }
  static has(fn: object): boolean {
    return #id in fn;
  }
  static id(fn: object): FunctionId | undefined {
    return #id in fn ? fn.#id : undefined;
  }
  static parts(fn: object): unknown {
    return #id in fn ? fn.#parts : undefined;
  }
  static replace(fn: object, id: FunctionId, parts: unknown): boolean {
    if (!(#id in fn)) return false;
    fn.#id = id;
    fn.#parts = parts;
    return true;
  }
}

/**
 * Remembers how `fn` can be made again. `id` is a number of the program's function table (parts = its scopes), or the
 * name of a runtime factory (registry.ts `registerFactory`; parts = its arguments).
 */
export function stampFunction<F extends object>(fn: F, id: FunctionId, parts: unknown): F {
  if (!FunctionStamp.replace(fn, id, parts)) new FunctionStamp(fn, id, parts);
  return fn;
}

export const functionId: (fn: object) => FunctionId | undefined = FunctionStamp.id;
export const functionParts: (fn: object) => unknown = FunctionStamp.parts;

/** What the runtime remembers about an object that is no function of the program. One record an object. */
export class Note {
  /** WeakMaps and WeakSets that may hold the object as a key (weak.ts). */
  weak: object[] | undefined = undefined;
  /** A kind that the object cannot be recognised by otherwise (registry.ts `markKind`), and what that kind remembers. */
  kind: unknown = undefined;
  data: unknown = undefined;
}

class NoteStamp extends Carrier {
  #note: Note;
  constructor(object: object, note: Note) {
    super(object);
    this.#note = note;
  }
  static of(object: object): Note | undefined {
    return #note in object ? object.#note : undefined;
  }
}

export const noteOf: (object: object) => Note | undefined = NoteStamp.of;

/** The object's note, made if there is none. */
export function ensureNote(object: object): Note {
  let note = NoteStamp.of(object);
  if (note === undefined) {
    note = new Note();
    new NoteStamp(object, note);
  }
  return note;
}
