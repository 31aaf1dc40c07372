import { NameMapError } from "./errors.js";
import { checkNameMap, type NameMap } from "./move/name-map.js";
import type { InputRecord } from "./record.js";

/**
 * What a record on `workflow-resume` asks for (design: topics and records). `event` is what the bundle gets; payloads stay
 * the text that was sent, since parsing and printing would change some (-0, numbers too large).
 */
export type Command =
  | { type: "start"; onlyIfAbsent: boolean; event: string }
  | { type: "resume"; ref: string; event: string }
  | Control
  | { type: "unreadable"; reason: string; message: string };

export interface Control {
  type: "control";
  op: ControlOp;
  reason: string | undefined;
  /** Of the record that `retry` and `discard` mean; undefined: whichever the thread is paused for. */
  offset: string | undefined;
  /** Of `move`: onto which bundle, and what is said by hand of its names. */
  move?: { bundle: string; map: NameMap };
}

export type ControlOp = "cancel" | "kill" | "pause" | "unpause" | "retry" | "discard" | "move" | "delete";

const OPS = new Set<string>([
  "cancel",
  "kill",
  "pause",
  "unpause",
  "retry",
  "discard",
  "move",
  "delete",
] satisfies ControlOp[]);

export function parseCommand({ key, value }: Pick<InputRecord, "key" | "value">): Command {
  if (key === null || key === "") return unreadable("bad-key", "the record has no key; the key is the thread id");
  if (key.includes("|")) return unreadable("bad-key", 'a thread id has no "|"');
  if (value === null) return unreadable("no-value", "the record has no value");
  if (value.startsWith("new:")) return start(value.slice(4), false);
  if (value.startsWith("init:")) return start(value.slice(5), true);
  if (value.startsWith("ctl:")) return control(value.slice(4));
  return resume(value);
}

const unreadable = (reason: string, message: string): Command => ({ type: "unreadable", reason, message });

function start(text: string, onlyIfAbsent: boolean): Command {
  const prefix = onlyIfAbsent ? "init:" : "new:";
  if (text.trim() !== "" && parse(text) === undefined)
    return unreadable("bad-json", `what follows "${prefix}" is not JSON`);
  const input = text.trim() === "" ? "" : `,"input":${text}`;
  return { type: "start", onlyIfAbsent, event: `{"type":"start"${input}}` };
}

function control(text: string): Command {
  const body = parse(text)?.json;
  if (!isObject(body)) return unreadable("bad-json", 'what follows "ctl:" is not a JSON object');
  const { op, reason, offset } = body;
  if (typeof op !== "string" || !OPS.has(op)) {
    return unreadable("bad-command", `unknown operation ${JSON.stringify(op)}; there are ${[...OPS].join(", ")}`);
  }
  if (offset !== undefined && typeof offset !== "string" && !Number.isSafeInteger(offset)) {
    return unreadable("bad-command", `"offset" of ${op} is ${JSON.stringify(offset)}, and not the offset of a record`);
  }
  const known: Control = {
    type: "control",
    op: op as ControlOp,
    reason: typeof reason === "string" ? reason : undefined,
    offset: offset === undefined ? undefined : String(offset),
  };
  if (op !== "move") return known;
  const { bundle, map = {} } = body;
  if (typeof bundle !== "string" || bundle === "")
    return unreadable("bad-command", `"bundle" of move is ${JSON.stringify(bundle)}, and not the hash of a bundle`);
  try {
    return { ...known, move: { bundle, map: checkNameMap(map) } };
  } catch (error) {
    if (!(error instanceof NameMapError)) throw error;
    return unreadable("bad-command", `"map" of move: ${error.message}`);
  }
}

function resume(text: string): Command {
  const body = parse(text)?.json;
  if (!isObject(body) || typeof body.ref !== "string") {
    return unreadable(
      "not-understood",
      'expected new:<json>, init:<json>, {"ref":id,"value":v}, {"ref":id,"error":e} or ctl:{"op":...}',
    );
  }
  // The last of two members of one name counts.
  return { type: "resume", ref: body.ref, event: `${text.trim().slice(0, -1)},"type":"resume"}` };
}

function parse(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
