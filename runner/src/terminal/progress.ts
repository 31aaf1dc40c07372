// What a command says on stderr while it takes longer than a second: one line, only where that is a terminal, gone when it is done.

const AFTER_MS = 1_000;
const EVERY_MS = 250;
const WIPE = "\r\u001b[K";

export interface ProgressOptions {
  readonly output?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly afterMs?: number;
}

export interface Progress {
  /** What the line says from now on. */
  say(text: string): void;
  /** A line that stays, also where there is no terminal. */
  note(text: string): void;
}

export async function withProgress<T>(
  text: string,
  work: (progress: Progress) => Promise<T>,
  { output = process.stderr, afterMs = AFTER_MS }: ProgressOptions = {},
): Promise<T> {
  if (output.isTTY !== true) return work({ say: () => {}, note: (line) => output.write(`${line}\n`) });
  let now = text;
  let shown = false;
  const begin = performance.now();
  const wipe = () => {
    if (shown) output.write(WIPE);
    shown = false;
  };
  const show = () => {
    const line = `${now} … ${Math.round((performance.now() - begin) / 1000)} s`;
    output.write(WIPE + line.slice(0, (output.columns || 80) - 1));
    shown = true;
  };
  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    show();
    every = setInterval(show, EVERY_MS);
    every.unref();
  }, afterMs);
  first.unref();
  const progress: Progress = {
    say: (next) => {
      now = next;
    },
    note: (line) => {
      wipe();
      output.write(`${line}\n`);
    },
  };
  try {
    return await work(progress);
  } finally {
    clearTimeout(first);
    clearInterval(every);
    wipe();
  }
}
