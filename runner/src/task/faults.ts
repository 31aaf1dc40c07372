// Labelled points where a test may end the process, as `kill -9` would, or hold it with SIGSTOP: KWF_FAULT=<label>:<n>[:<signal>] at the n-th
// time that label is passed.

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
  | "input-fenced"
  | "input-read"
  | "input-routed"
  | "input-sent"
  | "input-committed"
  | "service-handled"
  | "service-sent"
  | "service-committed"
  | "closing";

const [label, count, signal = "SIGKILL"] = (process.env.KWF_FAULT ?? "").split(":");
let left = Number(count ?? "1");

export function faultPoint(here: FaultPoint): void {
  if (label === here && --left === 0) process.kill(process.pid, signal);
}
