// Owns what is compared: what a program emitted, in order, and how it ended; and what answers its refs.
// Neighbours: native.ts runs a program as Node does, restored.ts and live.ts as bundles.
//
// A program under test is a workflow that emits on topic "out" and waits for refs, which are answered one at a time, oldest
// first. A ref's name may say how: `x=5` with 5, `x!"no"` by throwing "no".

export interface Trace {
  outputs: unknown[];
  result?: unknown;
  error?: string;
}

export type Answer = { value: unknown } | { error: unknown };

const ANSWER = "v";

/** Programs end long before: each answer is one round. */
export const MOST_ROUNDS = 400;

export function answerFor(refId: string): Answer {
  const [, kind, json] = /^[^=!]*([=!])(.*)$/s.exec(nameOf(refId)) ?? [];
  if (json === undefined) return { value: ANSWER };
  return kind === "=" ? { value: JSON.parse(json) } : { error: JSON.parse(json) };
}

/** `<step>:<name>:<n>`; ids of the caller's own have no name. */
const nameOf = (id: string): string => /^\d+:(.*):\d+$/s.exec(id)?.[1] ?? "";

/** The program has not ended after so many answers as no program needs. */
export class EndlessError extends Error {
  override readonly name = "EndlessError";
  constructor() {
    super(`the program has not ended after ${MOST_ROUNDS} answers`);
  }
}
