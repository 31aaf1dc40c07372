// The interface of Standard Schema, version 1 (standardschema.dev), which validation libraries implement: as much of it as is used here.

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: a schema of anything
export type AnySchema = StandardSchema<any, any>;
export type InputOf<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["input"];
export type OutputOf<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["output"];

/** A request or a reply that its schema refuses. */
export class InvalidMessageError extends Error {
  readonly code = "KWF_INVALID_MESSAGE";
  override name = "InvalidMessageError";

  constructor(
    what: string,
    readonly issues: readonly SchemaIssue[],
  ) {
    super(`${what} is not valid: ${issues.map(shown).join("; ")}`);
  }
}

function shown({ path = [], message }: SchemaIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/** What the schema makes of the value. @throws InvalidMessageError, which says `what` it was */
export async function parsed(schema: AnySchema, value: unknown, what: string): Promise<unknown> {
  return outputOf(await schema["~standard"].validate(value), what);
}

/** The same for a schema that answers at once. @throws InvalidMessageError, TypeError */
export function parsedNow(schema: AnySchema, value: unknown, what: string): unknown {
  const result = schema["~standard"].validate(value);
  if (typeof (result as { then?: unknown }).then === "function")
    throw new TypeError(`${what} cannot be validated: its schema gives a promise, and this needs the answer at once`);
  return outputOf(result as SchemaResult<unknown>, what);
}

function outputOf<T>(result: SchemaResult<T>, what: string): T {
  if (result.issues !== undefined) throw new InvalidMessageError(what, result.issues);
  return result.value;
}
