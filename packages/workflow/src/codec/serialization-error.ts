import type { Path } from "./path.js";

/** A value that a continuation cannot hold. `path` leads to it from the function that is waiting. */
export class SerializationError extends Error {
  readonly code = "KWF_UNSERIALIZABLE";
  readonly path: string;
  /** Ids of the program's functions on the way, the waiting one first. */
  readonly functions: readonly number[];
  constructor({ text, functions }: Path, what: string) {
    super(`cannot save ${text}: it is ${what}`);
    this.name = "SerializationError";
    this.path = text;
    this.functions = functions;
  }
}

/** A state text that this bundle cannot read: made by another bundle, another Node, or damaged. */
export class StateError extends Error {
  readonly code: "KWF_STATE_UNREADABLE" | "KWF_ROOT_MISSING";
  constructor(code: StateError["code"], message: string) {
    super(message);
    this.name = "StateError";
    this.code = code;
  }
}
