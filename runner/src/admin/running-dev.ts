// `admin.json`: where a `kwf dev` says how it is reached, as long as it runs. Whoever reads it may ask everything, so it is its owner's alone.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RunningDev {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string | undefined;
  readonly pid: number;
}

const fileIn = (directory: string): string => join(directory, "admin.json");

/** Undefined: none runs there. */
export function runningDev(directory: string): RunningDev | undefined {
  let found: Partial<RunningDev>;
  try {
    found = JSON.parse(readFileSync(fileIn(directory), "utf8")) as Partial<RunningDev>;
  } catch {
    return undefined;
  }
  const { url, token, pid } = found;
  if (typeof url !== "string" || typeof pid !== "number" || !lives(pid)) return undefined;
  return { url, token, pid };
}

export function announceDev(directory: string, { url, token, pid }: RunningDev): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(fileIn(directory), `${JSON.stringify({ url, token, pid })}\n`, { mode: 0o600 });
}

export function retractDev(directory: string): void {
  rmSync(fileIn(directory), { force: true });
}

/** A process of another user lives, too. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
