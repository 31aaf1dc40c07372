// States of threads in an answer: by thread, their bytes as base64.

import type { Schema } from "./schema.js";
import { object } from "./schema.js";

export const THREADS: Schema = object({ threads: { type: "array", items: { type: "string" } } });
export const STATES: Schema = object({
  states: { type: "object", additionalProperties: { type: "string", description: "base64" } },
});

export const statesOut = (states: ReadonlyMap<string, Uint8Array>): { states: Record<string, string> } => ({
  states: Object.fromEntries([...states].map(([thread, bytes]) => [thread, Buffer.from(bytes).toString("base64")])),
});

export const statesIn = (states: Readonly<Record<string, string>>): Map<string, Uint8Array> =>
  new Map(Object.entries(states).map(([thread, text]) => [thread, Buffer.from(text, "base64")]));
