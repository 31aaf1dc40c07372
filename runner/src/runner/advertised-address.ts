import { hostname } from "node:os";

/** Where others reach what listens at `host:port`: a server that listens everywhere is reached by the name of its machine. */
export function advertisedAddress(listening: string, machine: string = hostname()): string {
  return listening.replace(/^(?:0\.0\.0\.0|\[::\])(?=:\d+$)/, machine);
}
