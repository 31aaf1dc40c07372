// Errors that nobody can catch (a listener's, a microtask's) become rejections that nobody handles: one rule for
// both, with the step's own log and count behind it.

let report: (error: unknown) => void = () => {};

export const setReport = (handler: (error: unknown) => void): void => {
  report = handler;
};

export const reportException = (error: unknown): void => report(error);
