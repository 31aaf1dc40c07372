// What can be wrong around a runner: `code` is stable and listed in docs/errors.md, the message says what to do. Errors of the
// log and of the store have classes of their own (log/errors.ts, store/store-error.ts).

export type ProblemCode =
  | "no-broker"
  | "wrong-credentials"
  | "not-authorized"
  | "missing-topics"
  | "wrong-cleanup-policy"
  | "wrong-partition-count"
  | "second-group"
  | "bundle-unreadable"
  | "bad-setting"
  | "input-lost"
  | "changelog-lost"
  | "changelog-foreign"
  | "restore-stuck"
  | "input-stuck"
  | "admin-port";

/** Waiting cannot help: somebody has to do something. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly code: ProblemCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
