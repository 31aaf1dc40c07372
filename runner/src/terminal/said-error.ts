// How a command says what is wrong: on stderr, in words; with --json as an object a line, so that a program need not read words.

import { harmless } from "./table.js";

export interface SaidError {
  readonly message: string;
  readonly code?: string | undefined;
}

/** Also of a command line that cannot be understood: then nobody has read its options. */
export const asJson = (args: readonly string[] = process.argv): boolean => args.includes("--json");

export function sayError({ message, code }: SaidError): void {
  console.error(asJson() ? JSON.stringify({ code, error: message }) : `kwf: ${message}`);
}

/** Of one thread among several. */
export function sayThreadError(thread: string, problem: string): void {
  console.error(asJson() ? JSON.stringify({ thread, error: problem }) : `kwf: ${harmless(thread)}: ${problem}`);
}
