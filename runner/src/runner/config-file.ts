/** The JSON file that workflow code sees as `W.config`. */
import { readFileSync } from "node:fs";
import { fileProblem, UsageError } from "../usage-error.js";

export function readConfig(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileProblem("read", file, error);
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
