/** What commands end with: one table for all, in `kwf --help` and docs/cli.md. */
export const ExitCode = {
  done: 0,
  /** The program, its data or what is around it are at fault; nothing of that name; the answer was no. */
  failed: 1,
  usage: 2,
  /** `kwf start --wait`: the run has ended, and how. */
  workflowFailed: 3,
  cancelled: 4,
  /** It never began, or was removed. */
  refused: 5,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
