import { describe, expect, test } from "vitest";
import { ProducerEnded } from "./errors.js";
import { type State, type Step, TransactionState } from "./transaction-state.js";

const ways: Record<State, Exclude<Step, "end">[]> = {
  idle: [],
  open: ["begin"],
  sent: ["begin", "send"],
  committing: ["begin", "send", "commit"],
  ended: [],
};
const legal: Record<State, Partial<Record<Exclude<Step, "end">, State>>> = {
  idle: { begin: "open" },
  open: { send: "sent", drop: "idle", committed: "idle" },
  sent: { send: "sent", commit: "committing" },
  committing: { committed: "idle" },
  ended: {},
};
const steps = ["begin", "send", "drop", "commit", "committed"] as const;

function at(state: State): TransactionState {
  const machine = new TransactionState("id");
  for (const step of ways[state]) machine.step(step);
  if (state === "ended") machine.end(new Error("the cause"));
  expect(machine.state).toBe(state);
  return machine;
}

describe.each(Object.keys(ways) as State[])("a producer that is %s", (state) => {
  test.each(steps)("%s", (step) => {
    const machine = at(state);
    const next = legal[state][step];
    if (next) {
      machine.step(step);
      expect(machine.state).toBe(next);
    } else {
      expect(() => machine.step(step)).toThrow(state === "ended" ? ProducerEnded : /cannot/);
      expect(machine.state).toBe(state);
    }
  });

  test("ends, and keeps the first cause", () => {
    const machine = at(state);
    machine.end(new Error("second"));
    expect(machine.state).toBe("ended");
    expect(machine.cause?.message).toBe(state === "ended" ? "the cause" : "second");
  });
});
