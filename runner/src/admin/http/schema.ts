// The part of JSON Schema that the routes use to say what they take and answer. Requests are held against it, and in the tests the answers.

export interface Schema {
  readonly $ref?: string;
  readonly type?:
    | "object"
    | "array"
    | "string"
    | "integer"
    | "boolean"
    | "null"
    | readonly ("string" | "integer" | "null")[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Of an object: whether it may have others (true, if absent), and of what kind they are. */
  readonly additionalProperties?: boolean | Schema;
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number | boolean;
}

export type Schemas = Readonly<Record<string, Schema>>;

const REF = "#/components/schemas/";

export const ref = (name: string): Schema => ({ $ref: `${REF}${name}` });

/** An object that has these and no others; those with `?` may be absent. */
export function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(properties);
  const required = names.filter((name) => !name.endsWith("?"));
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ""), properties[name]!])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** What is wrong with the value, and where; undefined: nothing. */
export function mismatch(schema: Schema, value: unknown, schemas: Schemas = {}, at = "the body"): string | undefined {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(REF.length);
    const found = schemas[name];
    if (found === undefined) throw new Error(`there is no schema ${schema.$ref}`);
    return mismatch(found, value, schemas, at);
  }
  if (schema.oneOf !== undefined) {
    const wrong = schema.oneOf.map((one) => mismatch(one, value, schemas, at));
    if (wrong.filter((one) => one === undefined).length === 1) return undefined;
    return `${at} is not exactly one of ${schema.oneOf.length} things: ${wrong.map((one) => one ?? "it is").join("; or ")}`;
  }
  const { type, minimum, maximum } = schema;
  const types = type === undefined ? [] : typeof type === "string" ? [type] : type;
  if (types.length > 0 && !types.some((one) => isOf(one, value)))
    return `${at} is ${shown(value)}, expected ${types.join(" or ")}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string))
    return `${at} is ${shown(value)}, expected one of ${schema.enum.join(", ")}`;
  if (typeof value === "number" && (value < (minimum ?? value) || value > (maximum ?? value)))
    return `${at} is ${value}, expected ${minimum ?? "anything"} to ${maximum ?? "anything"}`;
  if (Array.isArray(value)) return first(value, (one, index) => inside(schema.items, one, schemas, `${at}[${index}]`));
  return typeof value === "object" && value !== null ? members(schema, value, schemas, at) : undefined;
}

function members(schema: Schema, value: object, schemas: Schemas, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at} has no "${missing}"`;
  return first(Object.entries(value), ([name, one]) => {
    if (Object.hasOwn(properties, name)) return mismatch(properties[name]!, one, schemas, `${at}.${name}`);
    if (additionalProperties === false)
      return `${at} has "${name}", expected only ${Object.keys(properties).join(", ") || "nothing"}`;
    return inside(additionalProperties === true ? undefined : additionalProperties, one, schemas, `${at}.${name}`);
  });
}

const inside = (schema: Schema | undefined, value: unknown, schemas: Schemas, at: string): string | undefined =>
  schema === undefined ? undefined : mismatch(schema, value, schemas, at);

function first<T>(all: readonly T[], look: (one: T, index: number) => string | undefined): string | undefined {
  for (const [index, one] of all.entries()) {
    const found = look(one, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
