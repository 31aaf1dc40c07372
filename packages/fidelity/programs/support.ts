import * as W from "@kwf/workflow";

export const manifest: W.Manifest = { outputTopics: ["out"] };

/** Emits a line and waits for an answer (`answer`, or the text "v"): the program is saved and restored here. */
export function ask<T = string>(value?: unknown, answer?: T): Promise<T> {
  const name = answer === undefined ? undefined : `=${JSON.stringify(answer)}`;
  const reply = name === undefined ? W.ref<T>() : W.ref<T>(name);
  W.outputJSON({ ask: value ?? null }, "out");
  return reply as unknown as Promise<T>;
}

/** Emits what the program saw. */
export function log(...values: unknown[]): void {
  W.outputJSON(values.map(shown), "out");
}

function shown(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || value === undefined || Number.isNaN(value)) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return value;
}
