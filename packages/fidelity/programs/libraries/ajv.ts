import Ajv from "ajv";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

const ajv = new Ajv({ allErrors: true });
const validate = ajv.compile<{ id: number; tags: string[] }>({
  type: "object",
  properties: {
    id: { type: "integer", minimum: 1 },
    tags: { type: "array", items: { type: "string", pattern: "^[a-z]+$" }, uniqueItems: true },
  },
  required: ["id"],
  additionalProperties: false,
});

export default async function main() {
  const check = validate;
  const errors: unknown[] = [];
  for (const value of [
    { id: 1, tags: ["a", "b"] },
    { id: 0, tags: ["A", "A"] },
    { tags: 3, more: 1 },
  ]) {
    await ask("a compiled schema of a module is held");
    const ok = check(value);
    const found = check.errors;
    await ask("errors are held");
    errors.push([ok, found?.map((e) => [e.instancePath, e.keyword, e.message])]);
  }
  log(errors, ajv.errorsText([{ instancePath: "/x", keyword: "k", schemaPath: "", params: {}, message: "is odd" }]));
  // A schema that is compiled in the workflow is code made at run time: it is used between two awaits.
  const local = new Ajv().compile({ type: "number", multipleOf: 2 });
  const results = [1, 2].map((n) => local(n));
  log(results);
}
