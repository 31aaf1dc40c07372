/** A value that a continuation cannot hold. `path` leads to it from the function that is waiting. */
export class SerializationError extends Error {
  readonly code = "KWF_UNSERIALIZABLE";
  /** With what the value is at its end. */
  readonly path: string;
  constructor(way: string, what: string) {
    const path = way === "" ? what : `${way} -> ${what}`;
    super(`cannot save ${path}`);
    this.name = "SerializationError";
    this.path = path;
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
