/** Ids of the refs that a suspended thread waits for, in the order in which they were made, read from its continuation alone. */
export function pendingRefs(continuation: string): string[] {
  if (continuation === "") return [];
  return [];
}
