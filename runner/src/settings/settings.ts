// Where a setting comes from: a flag of the command, else the environment (`KWF_STATE_DIR` for `state.dir`), else the properties file, else
// its default. One name a setting, in all three; Kafka's own names are taken where Kafka has one.

import { existsSync, readFileSync } from "node:fs";
import { Problem } from "../problem.js";
import { parseProperties } from "./properties.js";

export const DEFAULT_FILE = "kwf.properties";

/** `--state-dir` is `state.dir`. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

const ALIASES: Readonly<Record<string, string>> = { "bootstrap.servers": "brokers" };

export class Settings {
  readonly #flags = new Map<string, string>();
  readonly #environment = new Map<string, string>();
  readonly #file: Map<string, string>;

  constructor(flags: Flags, environment: NodeJS.ProcessEnv = process.env) {
    for (const [name, value] of Object.entries(flags)) {
      if (value !== undefined)
        this.#flags.set(
          name.replace(/[A-Z]/g, (big) => `.${big.toLowerCase()}`),
          String(value),
        );
    }
    for (const [name, value] of Object.entries(environment)) {
      if (name.startsWith("KWF_") && value !== undefined)
        this.#environment.set(canonical(name.slice(4).toLowerCase().replaceAll("_", ".")), value);
    }
    this.#file = readFile(this.#flags.get("properties") ?? this.#environment.get("properties"));
  }

  /** An empty text counts as given: `sasl.mechanism=` in the environment takes the file's away. */
  get(name: string): string | undefined {
    return this.given(name) || undefined;
  }

  given(name: string): string | undefined {
    return this.#flags.get(name) ?? this.#environment.get(name) ?? this.#file.get(name);
  }

  text(name: string, otherwise: string): string {
    return this.get(name) ?? otherwise;
  }

  /** Throws Problem `bad-setting`. */
  number(name: string, otherwise: number): number {
    const text = this.get(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw badSetting(name, text, "a whole number");
    return value;
  }

  flag(name: string, otherwise = false): boolean {
    const text = this.get(name);
    if (text === undefined) return otherwise;
    if (text !== "true" && text !== "false") throw badSetting(name, text, "true or false");
    return text === "true";
  }

  /** One of those words; the first, if nothing is said. Throws Problem `bad-setting`. */
  choice<const T extends string>(name: string, words: readonly [T, ...T[]]): T {
    const text = this.get(name);
    if (text === undefined) return words[0];
    const found = words.find((word) => word === text);
    if (found === undefined) throw badSetting(name, text, words.join(" or "));
    return found;
  }
}

/** Of the connection, in Kafka's own names; of tests. */
const NO_FLAG = /^(?:security|sasl|ssl)\.|^clock$/;

export function badSetting(name: string, found: string, expected: string): Problem {
  const flag = NO_FLAG.test(name) ? "" : `--${name.replaceAll(".", "-")}, `;
  const places = `${flag}KWF_${name.toUpperCase().replaceAll(".", "_")} or ${name}= in the properties file`;
  return new Problem("bad-setting", `${name} is ${JSON.stringify(found)}, expected ${expected} (${places})`);
}

function readFile(file: string | undefined): Map<string, string> {
  if (file === undefined && !existsSync(DEFAULT_FILE)) return new Map();
  const path = file ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Problem("bad-setting", `cannot read the properties file ${path}: ${(error as Error).message}`);
  }
  return new Map([...parseProperties(text)].map(([name, value]) => [canonical(name), value]));
}

const canonical = (name: string): string => ALIASES[name] ?? name;
