// How text looks on a terminal: colours and a width, or neither where it is piped.

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly input: (text: string) => string;
  readonly output: (text: string) => string;
  readonly state: (text: string) => string;
  readonly trouble: (text: string) => string;
  /** Columns; longer values are cut. Undefined: they are printed whole. */
  readonly width: number | undefined;
}

const plain = (text: string): string => text;
export const PLAIN: Style = {
  bold: plain,
  dim: plain,
  input: plain,
  output: plain,
  state: plain,
  trouble: plain,
  width: undefined,
};

/** NO_COLOR and FORCE_COLOR as everywhere; COLUMNS where the terminal does not say how wide it is. */
export function terminalStyle(
  { isTTY = false, columns }: { isTTY?: boolean; columns?: number },
  { NO_COLOR = "", FORCE_COLOR = "", COLUMNS }: NodeJS.ProcessEnv,
): Style {
  const forced = FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  if (!isTTY && !forced) return PLAIN;
  const colour = forced || NO_COLOR === "";
  const paint = (code: number) => (colour ? (text: string) => `\u001b[${code}m${text}\u001b[0m` : plain);
  return {
    bold: paint(1),
    dim: paint(2),
    trouble: paint(31),
    output: paint(32),
    state: paint(33),
    input: paint(36),
    width: Math.max(60, columns ?? (Number(COLUMNS) || 100)),
  };
}
