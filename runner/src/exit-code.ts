/** What every command ends with. Listed in `kwf --help`. */
export const ExitCode = { done: 0, failed: 1, usage: 2 } as const;
