// A page of docs that a test follows: its commands, each of which has to be followed, and the texts that it shows.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "./packages.js";

export class Guide {
  readonly #commands: readonly string[];
  readonly #text: string;
  readonly #followed = new Set<string>();

  constructor(page: string) {
    this.#text = readFileSync(join(root, page), "utf8");
    this.#commands = this.blocks("sh").flatMap((block) => block.trim().split("\n"));
  }

  /** Fenced blocks of that language; "" for those without. */
  blocks(language: string): string[] {
    const fenced = /^```(\w*)\n(.*?)^```$/gms;
    return [...this.#text.matchAll(fenced)].filter((match) => match[1] === language).map((match) => match[2]!);
  }

  /** The command, which has to stand in the page as it is here. */
  command(command: string): string {
    expect(this.#commands).toContain(command);
    this.#followed.add(command);
    return command;
  }

  notFollowed(): string[] {
    return this.#commands.filter((command) => !this.#followed.has(command));
  }
}
