/** What a run shows to the outside. */
export interface Transcript {
  /** JSON of what was sent to the topic `log`, in order. */
  log: string[];
  end: { result: unknown } | { error: string } | { stuck: true };
}

export type Answer = { value: unknown } | { error: unknown };

/** A ref's name says how it is answered: `x=5` with 5, `x!"no"` by throwing "no", anything else with its own name. */
export function answerFor(name: string): Answer {
  const [, kind, text] = /^[^=!]*([=!])(.*)$/.exec(name) ?? [];
  if (text === undefined) return { value: name };
  return kind === "=" ? { value: JSON.parse(text) } : { error: JSON.parse(text) };
}
