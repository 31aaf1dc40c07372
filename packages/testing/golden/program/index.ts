import * as W from "@kwf/workflow";
import { branches } from "./branches.js";
import { classes } from "./classes.js";
import { control } from "./control.js";
import { count, modules } from "./modules.js";
import { values } from "./values.js";

export const manifest: W.Manifest = { outputTopics: ["notes"], onError: "end" };

const CASES: Record<string, (ask: Ask) => Promise<unknown>> = { branches, classes, control, modules, values };

export type Ask = (name: string) => Promise<unknown>;

/** What each release has to resume. A case waits for refs of its own names, and returns what it has come to. */
export default async function golden(input: { name: string }): Promise<unknown> {
  const ask: Ask = async (name) => {
    W.outputJSON({ asked: name }, "notes");
    return await W.refId(name);
  };
  const found = await CASES[input.name]!(ask);
  return { found, count: count() };
}
