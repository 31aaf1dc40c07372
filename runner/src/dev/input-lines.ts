// What `kwf dev` prints of a record of an input topic: what came, what its mapping printed, and what it became. Lines look as those of steps
// (step-lines.ts) do.

import type { CommittedTurn } from "../inputs/input-task.js";
import type { Style } from "../terminal/style.js";
import { cut } from "./step-lines.js";

export function inputLines(topic: string, { looked, made }: CommittedTurn, style: Style): string[] {
  const lines: string[] = [];
  const body = (mark: string, text: string) => lines.push(`         ${mark} ${text}`);
  for (const [index, { record, routed }] of looked.entries()) {
    const time = new Date(record.timestamp).toTimeString().slice(0, 8);
    const name = `${topic}  ${record.key?.toString() ?? "(no key)"}`;
    const value = record.value?.toString() ?? "null";
    lines.push(`${style.dim(time)} ${style.input("in ")} ${style.bold(name)}  ${cut(value, 15 + name.length, style)}`);
    for (const { level, text, file, line } of routed?.console ?? []) {
      const place = file === undefined ? "" : style.dim(`${file}:${line}  `);
      body(style.dim("log"), `${place}${level === "log" || level === "info" ? "" : `${level}: `}${text}`);
    }
    const letter = made.letters.get(index);
    if (letter !== undefined)
      body(
        style.trouble("!  "),
        style.trouble(`dead letter: ${(letter.stack ?? letter.message).replaceAll("\n", "\n         ")}`),
      );
    else if (routed?.output === undefined) body(style.dim("…  "), style.dim("skipped"));
    else {
      const { topic: to, key, value: content } = routed.output;
      const used = 17 + to.length + (key?.length ?? 0);
      body(style.output("out"), `${style.bold(to)}  ${style.dim(`${key}  `)}${cut(content ?? "null", used, style)}`);
    }
  }
  return lines;
}
