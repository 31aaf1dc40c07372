import type { PauseReason } from "@kwf/engine";
import { describe, expect, test } from "vitest";
import type { ThreadSummary } from "../admin/thread-filter.js";
import { ask, VERBS } from "./control.js";

const thread = (state: ThreadSummary["state"], reason?: PauseReason): ThreadSummary => ({
  thread: "t",
  state,
  since: 0,
  run: "0:0",
  ...(reason === undefined ? {} : { reason }),
});
const FAILED: PauseReason = { code: "error", error: "KWF_UNSERIALIZABLE", message: "cannot save", offset: "17" };
const OPERATOR: PauseReason = { code: "operator", message: "audit" };

describe("what is asked of a thread", () => {
  test("cancel, kill and pause take the reason along", () => {
    for (const verb of ["cancel", "kill", "pause"] as const)
      expect(ask(verb, thread("running"), { reason: "double" })).toEqual({
        value: `ctl:{"op":"${verb}","reason":"double"}`,
      });
  });

  test("retry and discard name the record they mean", () => {
    expect(ask("retry", thread("paused", FAILED))).toEqual({ value: 'ctl:{"op":"retry","offset":"17"}' });
    expect(ask("discard", thread("paused", FAILED))).toEqual({ value: 'ctl:{"op":"discard","offset":"17"}' });
  });

  test("unpause ends an operator's pause, and is retry where a record has failed", () => {
    expect(ask("unpause", thread("paused", OPERATOR))).toEqual({ value: 'ctl:{"op":"unpause"}' });
    expect(ask("unpause", thread("paused", FAILED))).toEqual({ value: 'ctl:{"op":"retry","offset":"17"}' });
    expect(ask("unpause", thread("paused", { ...FAILED, operator: true }))).toEqual({ value: 'ctl:{"op":"unpause"}' });
  });

  test("rm takes what has ended, and what lives only by force", () => {
    expect(ask("rm", thread("completed"))).toEqual({ value: 'ctl:{"op":"delete"}' });
    expect(ask("rm", thread("running"))).toEqual({ problem: expect.stringContaining("is running: --force") });
    expect(ask("rm", thread("paused", FAILED), { force: true })).toEqual({ value: 'ctl:{"op":"delete"}' });
  });

  test("what would come to nothing is not asked", () => {
    for (const verb of VERBS.filter((one) => one !== "rm"))
      expect(ask(verb, thread("failed"))).toEqual({ problem: "has ended: failed" });
    expect(ask("retry", thread("running"))).toEqual({ problem: "is running: there is nothing to retry" });
    expect(ask("discard", thread("paused", OPERATOR))).toEqual({
      problem: "is paused (audit), not by a record that failed: there is nothing to discard",
    });
    expect(ask("unpause", thread("running"))).toEqual({ problem: "is running: it is not paused" });
    expect(ask("pause", thread("paused", OPERATOR))).toEqual({ problem: "is paused by an operator already" });
  });

  test("a thread that a failed record has paused can be paused by an operator too", () => {
    expect(ask("pause", thread("paused", FAILED))).toEqual({ value: 'ctl:{"op":"pause"}' });
  });
});
