// A state machine as data, and the loop that runs it. index.ts has one; copy this file beside yours.
//
// Events come on the channel `events`, commands on the channel `control`: `pause`, `unpause`, `cancel`. While the machine is
// paused its clock stands still, and events wait in their channel.
import { channel, sleep } from "@kwf/patterns";
import * as W from "@kwf/workflow";

/** `S` is a union of states told apart by `state`, `E` one of events told apart by `type`. */
export type Machine<S extends { state: string }, E extends { type: string }> = {
  [Name in S["state"]]: State<Extract<S, { state: Name }>, S, E>;
};

interface State<Here, S, E extends { type: string }> {
  /** Called when the state is entered. */
  enter?: (here: Here) => void;
  /** Where an event leads; one that is not named is refused. A state without `on` is final. */
  on?: { [Type in E["type"]]?: (here: Here, event: Extract<E, { type: Type }>) => S };
  /** Where it leads that no such event has come in time. */
  timeout?: { ms: number; to: (here: Here) => S };
  /** Where cancelling leads; without it the state cannot be cancelled. */
  cancel?: (here: Here, reason: string) => S;
}

export interface Command {
  type: "pause" | "unpause" | "cancel";
  reason?: string;
}

/** What is told to the world outside. */
export interface Callbacks<S, E> {
  changed: (from: S, to: S) => void;
  paused: (state: S, paused: boolean) => void;
  refused: (state: S, what: E | Command) => void;
}

/** Runs a machine from a state to a final one. */
export async function run<S extends { state: string }, E extends { type: string }>(
  machine: Machine<S, E>,
  initial: S,
  tell: Callbacks<S, E>,
): Promise<S> {
  const events = channel<E>("events");
  const control = channel<Command>("control");
  let current = initial;

  for (;;) {
    // Which state it is, the type system cannot follow through a variable.
    const state = machine[current.state as S["state"]] as unknown as State<S, S, E>;
    state.enter?.(current);
    if (!state.on) return current;
    const next = await leave(state);
    tell.changed(current, next);
    current = next;
  }

  /** Waits for whatever leads out of the state. */
  async function leave({ on = {}, timeout, cancel }: State<S, S, E>): Promise<S> {
    let left = timeout?.ms ?? 0;
    let paused = false;
    try {
      for (;;) {
        const since = Date.now();
        const expired = await Promise.race([
          control.ready(),
          ...(paused ? [] : [events.ready()]),
          ...(paused || !timeout ? [] : [sleep(left).then(() => true)]),
        ]);
        if (expired) return timeout!.to(current);
        if (!paused) left -= Date.now() - since;

        const command = await control.take();
        if (command?.type === "cancel" && cancel) return cancel(current, command.reason ?? "cancelled");
        if (command && command.type === (paused ? "unpause" : "pause")) {
          paused = !paused;
          tell.paused(current, paused);
        } else if (command) tell.refused(current, command);
        if (command || paused) continue;

        const event = (await events.take()) as E;
        // A message may name anything, "constructor" too.
        const to = Object.hasOwn(on, event.type) && (on[event.type as E["type"]] as (here: S, event: E) => S);
        if (to) return to(current, event);
        tell.refused(current, event);
      }
    } catch (reason) {
      // The thread itself is cancelled: it leaves by the same door, if the state has one.
      if (reason instanceof W.CancelToken && cancel) finish(cancel(current, reason.message));
      throw reason;
    }
  }

  function finish(last: S): void {
    tell.changed(current, last);
    (machine[last.state as S["state"]] as unknown as State<S, S, E>).enter?.(last);
  }
}
