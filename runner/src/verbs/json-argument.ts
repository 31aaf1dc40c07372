import { text } from "node:stream/consumers";
import { UsageError } from "../usage-error.js";

/** The text of a JSON argument; `-` reads it from stdin. It stays as it was written: printing a number anew may change it. Throws UsageError. */
export async function jsonArgument(argument: string | undefined, what: string): Promise<string | undefined> {
  const json = argument === "-" ? (await text(process.stdin)).trim() : argument;
  if (json === undefined || json === "") return undefined;
  try {
    JSON.parse(json);
    return json;
  } catch (error) {
    const advice = /^[{[]/.test(json) ? "" : `. Text goes in quotes of its own: '"hello"'`;
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}${advice}`);
  }
}
