// Owns runs of a thread that goes from one bundle to another and back, and how a program is changed for that.
// Neighbour: restored.ts runs what these steppers give.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { type Bundle, bundleOf, carry, decodeState, encodeState, loadBundle, moveUnchanged, step } from "@kwf/engine";
import { parseProgram } from "../../compiler/src/parse.js";
import { walk } from "../../compiler/src/walk.js";
import type { Stepper } from "./restored.js";

/** Functions, classes and scopes with the names that programs like, so that everything behind gets other ids and names. */
export const NOISE = `
function outer(log, ask) { let n = 0, x = 1; class Counter { #n = n; async up() { await x; return [this.#n, n++]; } } return () => [Counter, log, ask, x]; }
async function* counter(value) { for (const log of value) { let seen = log; yield () => seen++; } }
const [main, seen, c, p, o, f, g, a, b, k, e, C, Base] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) => () => n);
export const noise = [outer, counter, main, seen, c, p, o, f, g, a, b, k, e, C, Base, () => outer];
`;

/** A folder for entry files. */
export class Entries {
  readonly folder = mkdtempSync(join(tmpdir(), "kwf-moves-"));

  constructor() {
    writeFileSync(join(this.folder, "package.json"), '{"name":"moves","type":"module"}');
    writeFileSync(join(this.folder, "noise.js"), NOISE);
  }

  async bundle(name: string, text: string): Promise<Bundle> {
    const entry = join(this.folder, `${name}.ts`);
    writeFileSync(entry, text);
    return loadBundle((await build(entry)).code);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Every step on the other of two bundles, if the thread moves there by itself; `stay` is told why it does not. */
export function byItself(one: Bundle, other: Bundle, stay: string[]): Stepper {
  return (before, record) => {
    const home = before === null || bundleOf(decodeState(before)) === one.hash ? one : other;
    const options = { timeoutMs: 0, seed: record.offset, fresh: true, moveTo: home === one ? other : one };
    const answer = step(home, before, record, options);
    if (before !== null && answer.status === "running" && answer.movedTo !== options.moveTo.hash)
      stay.push(whyNot(before, home, options.moveTo));
    return answer;
  };
}

function whyNot(state: Uint8Array, from: Bundle, to: Bundle): string {
  const answer = moveUnchanged(decodeState(state).continuation, from, to);
  return "why" in answer ? answer.why : "the step changed nothing";
}

/** Before every step the thread is carried to the other of the two. */
export function byNames(one: Bundle, other: Bundle): Stepper {
  return (before, record) => {
    const options = { timeoutMs: 0, seed: record.offset, fresh: true };
    if (before === null) return step(one, null, record, options);
    const decoded = decodeState(before);
    const from = bundleOf(decoded) === one.hash ? one : other;
    const to = from === one ? other : one;
    const { continuation } = carry(decoded, from, to, {}, { ...record, value: null });
    return step(to, encodeState({ ...decoded, continuation }), record, options);
  };
}

/** Every function that can wait begins with new variables, which an inner function captures; statements that await are in a loop and tried. */
export function changed(text: string): string {
  const pieces: [at: number, piece: string][] = [];
  walk(parseProgram(text, "module").program, (node) => {
    const fn = node as { async?: boolean; generator?: boolean; body?: { type?: string; start?: number | null } };
    const waits = (fn.async === true || fn.generator === true) && fn.body?.type === "BlockStatement";
    if (waits) pieces.push([fn.body!.start! + 1, " const $zero = 0; const $help = () => $zero; "]);
    const said = text.slice(node.start!, node.end!);
    if (node.type !== "ExpressionStatement" || !/^(await|yield)\b/.test(said)) return;
    // Of awaits of one text a loop more is what tells them apart.
    const [before, behind] = text.split(said.replace(/;$/, "")).length === 2 ? ["do { ", " } while (0);"] : ["", ""];
    pieces.push([node.start!, `${before}try { `], [node.end!, ` } finally { 0; }${behind} `]);
  });
  let out = text;
  for (const [at, piece] of pieces.sort(([a], [b]) => b - a)) out = out.slice(0, at) + piece + out.slice(at);
  return out;
}
