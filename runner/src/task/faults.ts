// Labelled points where a test may end the process, as `kill -9` would: KWF_FAULT=<label>:<n> at the n-th time that label is passed.

export type FaultPoint =
  | "fenced"
  | "restored"
  | "read"
  | "observed"
  | "stepping"
  | "stepped"
  | "sent"
  | "committed"
  | "applied"
  | "closing";

const [label, count] = (process.env.KWF_FAULT ?? "").split(":");
let left = Number(count ?? "1");

export function faultPoint(here: FaultPoint): void {
  if (label === here && --left === 0) process.kill(process.pid, "SIGKILL");
}
