// Errors of the runtime that fail a step. `code` is stable and listed in docs/errors.md.

export abstract class StepError extends Error {
  abstract readonly code: string;
}

/** W.ref, W.output, ... while the module is loaded, or in a function of manifest.inputTopics: no thread runs then. */
export class OutsideStepError extends StepError {
  readonly code = "KWF_OUTSIDE_STEP";
  override readonly name = "OutsideStepError";
  constructor(call: string) {
    super(
      `${call} was called where no thread runs (while the module is loaded, or in a function of manifest.inputTopics): call it in the workflow function, or in what that calls`,
    );
  }
}

/** W.output to a topic that nobody has declared, or a declaration once the workflow is loaded. */
export class UndeclaredTopicError extends StepError {
  readonly code = "KWF_UNDECLARED_TOPIC";
  override readonly name = "UndeclaredTopicError";
  readonly topic: string;
  /** `late`: a step was to declare it. */
  constructor(topic: string, declared: readonly string[], late = false) {
    const list = declared.length === 0 ? "none" : declared.join(", ");
    const name = JSON.stringify(topic);
    super(
      late
        ? `topic ${name} is declared too late: topic() belongs at the top of a module that is loaded with the workflow, not into a function (declared: ${list})`
        : `output to topic ${name}, which the manifest does not declare: add it to manifest.outputTopics (declared: ${list})`,
    );
    this.topic = topic;
    const place = /\n\s*at (.*)/.exec(String(this.stack))?.[1];
    if (place !== undefined) this.message += `; at ${place}`;
  }
}
