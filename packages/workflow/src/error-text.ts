// How a value that workflow code threw is told to the host: as text, whatever the value does when it is looked at.

export interface ErrorText {
  name?: string;
  message?: string;
  stack?: string;
  cause?: unknown;
  /** String(error). */
  text: string;
}

const { parse, stringify } = JSON;

const NAMES = ["name", "message", "stack"] as const;

export function describeError(error: unknown): ErrorText {
  const described: ErrorText = { text: textOf(error) };
  if ((typeof error !== "object" || error === null) && typeof error !== "function") return described;
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAMES[i] as (typeof NAMES)[number];
    const value = read(error, name);
    if (typeof value === "string") described[name] = value;
  }
  const cause = read(error, "cause");
  if (cause !== undefined) described.cause = jsonOf(cause);
  return described;
}

export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "a value that cannot be converted to text";
  }
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  try {
    const text = stringify(value) as string | undefined;
    return text === undefined ? textOf(value) : (parse(text) as unknown);
  } catch {
    return textOf(value);
  }
}
