import { enumerable } from "./state-key.js";

const CODES: Readonly<Record<string, number>> = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

/** An Error whose `name` says which kind it is. */
export class DOMException extends Error {
  constructor(message = "", options: string | { name?: string; cause?: unknown } = "Error") {
    super(`${message}`);
    const named = typeof options === "object" && options !== null ? (options.name ?? "Error") : options;
    Object.defineProperty(this, "name", { value: `${named}`, writable: true, configurable: true });
    if (typeof options === "object" && options !== null && "cause" in options) {
      Object.defineProperty(this, "cause", { value: options.cause, writable: true, configurable: true });
    }
    captureStack(this, new.target); // the first line of the stack names the kind
  }

  get code(): number {
    return CODES[this.name] ?? 0;
  }
}
enumerable(DOMException.prototype, ["code"]);
Object.defineProperty(DOMException.prototype, Symbol.toStringTag, { value: "DOMException", configurable: true });

for (const [name, value] of Object.entries(CODES)) {
  const constant = `${name.replace(/Error$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_")}_ERR`.toUpperCase();
  for (const target of [DOMException, DOMException.prototype]) {
    Object.defineProperty(target, constant, { value, enumerable: true });
  }
}

/** V8's own; the ECMAScript library types do not know it. */
function captureStack(error: Error, above: unknown): void {
  (Error as { captureStackTrace?: (error: Error, above: unknown) => void }).captureStackTrace?.(error, above);
}
