import type { Header } from "./log.js";

/** Headers as JSON can hold them: any bytes, one character a byte. */
export type HeaderText = readonly [name: string, value: string | null];

export const headersToText = (headers: readonly Header[]): HeaderText[] =>
  headers.map(([name, value]) => [name, value === null ? null : value.toString("latin1")]);

export const headersFromText = (headers: readonly HeaderText[]): Header[] =>
  headers.map(([name, value]): Header => [name, value === null ? null : Buffer.from(value, "latin1")]);
