// Asking before something that many threads will feel. Nothing is taken for a yes but a yes: where nobody can be asked, `--yes` has to say it.

import { createInterface } from "node:readline";
import { ExitCode } from "../exit-code.js";
import { UsageError } from "../usage-error.js";

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

const OWN: Terminal = { input: process.stdin, output: process.stderr };

/** Returns when somebody agreed. Throws UsageError: nobody can be asked, or the answer was no. */
export async function agree(question: string, yes: boolean, terminal: Terminal = OWN): Promise<void> {
  if (yes) return;
  if (terminal.input.isTTY !== true)
    throw new UsageError(`${question}\nNothing is done: stdin is no terminal to ask at. --yes says it beforehand`);
  const answer = await answerTo(`${question} [y/N] `, terminal);
  if (answer === undefined) throw new UsageError("nothing is done", ExitCode.interrupted);
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new UsageError("nothing is done", ExitCode.failed);
}

/** Undefined: Ctrl-C. The end of the input is an empty answer. */
function answerTo(question: string, { input, output }: Terminal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input, output, terminal: true });
    lines.once("SIGINT", () => {
      resolve(undefined);
      lines.close();
      output.write("\n");
    });
    lines.once("close", () => resolve(""));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
