// What a command says while it takes longer than a second: one line on stderr, only where that is a terminal, gone when it is done.

const AFTER_MS = 1_000;
const EVERY_MS = 250;

export interface ProgressOptions {
  readonly output?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly afterMs?: number;
}

/** `work` gets a function that changes the text. */
export async function withProgress<T>(
  text: string,
  work: (say: (text: string) => void) => Promise<T>,
  { output = process.stderr, afterMs = AFTER_MS }: ProgressOptions = {},
): Promise<T> {
  if (output.isTTY !== true) return work(() => {});
  let now = text;
  let shown = false;
  const begin = performance.now();
  const show = () => {
    const line = `${now} … ${Math.round((performance.now() - begin) / 1000)} s`;
    output.write(`\r\u001b[K${line.slice(0, (output.columns ?? 80) - 1)}`);
    shown = true;
  };
  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    show();
    every = setInterval(show, EVERY_MS);
    every.unref();
  }, afterMs);
  first.unref();
  try {
    return await work((next) => {
      now = next;
    });
  } finally {
    clearTimeout(first);
    clearInterval(every);
    if (shown) output.write("\r\u001b[K");
  }
}
