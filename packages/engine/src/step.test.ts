import { beforeEach, describe, expect, test } from "vitest";
import {
  type Bundle,
  type HeldRecord,
  type InputRecord,
  loadBundle,
  receive,
  type StepOptions,
  type StepResult,
  step,
} from "./index.js";

// A bundle written by hand: it greets twice, and does what the events tell it to.
const SOURCE = `((_k) => {
"use strict";
const hash = _k.bundle;
const finish = (status, more) => ({ state: null, result: JSON.stringify({ status, outputs: [], pending: [], console: [], ...more }) });
const wait = (name, more) => ({
  state: JSON.stringify({ v: 1, b: hash, s: "running", t: { $: "T", v: [null, [{ $: "W", v: [name] }]] } }),
  result: JSON.stringify({ status: "running", outputs: [{ topic: "out", key: "k", value: "hello", headers: { own: "1" } }], pending: [name], console: [], ...more }),
});
return {
  manifest: "{}",
  load() {},
  step(state, event, meta) {
    const { type, input, ref, value, error } = JSON.parse(event);
    if (type === "cancel") return finish("cancelled", { error: { name: "CancelToken", text: "CancelToken" } });
    if (type === "start") {
      if (input === "spin") for (;;);
      if (input === "fail") throw Object.assign(new Error("cannot save main.x"), { code: "KWF_UNSERIALIZABLE" });
      if (input === "throw") return finish("failed", { error: { name: "Error", message: "boom", stack: "Error: boom", text: "Error: boom" } });
      return wait("a");
    }
    if (ref !== "a") return wait("a", { delivered: "unmatched", outputs: [] });
    if (error !== undefined) return finish("failed", { error: { name: "Error", text: String(error) } });
    if (value === "spin") for (;;);
    return finish("completed", { result: JSON.stringify(value), spoilt: value === "spoil" });
  },
};
})
//# kwfMetadata=${Buffer.from(JSON.stringify({ version: 1, name: "hand", modules: [], functions: [], scopes: [] })).toString("base64")}
`;

let offset = 0;
const record = (value: string | null, more: Partial<InputRecord> = {}): InputRecord => ({
  key: "t1",
  value,
  offset: String(offset++),
  partition: 0,
  timestamp: 1_700_000_000_000,
  ...more,
});

describe("step", () => {
  let bundle: Bundle;
  let state: Uint8Array | null;
  let held: readonly HeldRecord[];
  let options: StepOptions;
  const run = (value: string | null, more?: Partial<InputRecord>): StepResult => {
    const steps = receive(state, held, record(value, more));
    let next = steps.next();
    while (next.done !== true) {
      const { state: before, record: input, behind } = next.value;
      next = steps.next(step(bundle, before, input, { timeoutMs: 200, behind, ...options }));
    }
    ({ held } = next.value);
    state = next.value.result.state;
    return next.value.result;
  };
  const topics = ({ outputs }: StepResult): string[] => outputs.map(({ topic }) => topic);

  beforeEach(() => {
    bundle = loadBundle(SOURCE);
    state = null;
    held = [];
    options = {};
    offset = 0;
  });

  test("new: starts a thread, whose outputs say what they belong to", () => {
    const started = run("new:", { headers: { traceparent: "00-1-2-01" } });
    expect(started.status).toBe("running");
    expect(started.pending).toEqual(["a"]);
    expect(started.outputs[0]).toEqual({
      topic: "out",
      key: "k",
      value: "hello",
      headers: { own: "1", "kwf-thread": "t1", "kwf-run": "0:0", "kwf-step": "0", traceparent: "00-1-2-01" },
    });
    expect(JSON.parse(started.outputs[1]?.value ?? "")).toEqual({
      state: "running",
      since: 1_700_000_000_000,
      run: "0:0",
      bundle: bundle.hash,
    });
  });

  test("a result goes to workflow-result and nothing is left of the thread", () => {
    run("new:");
    const ended = run('{"ref":"a","value":{"x":-0}}');
    expect(state).toBeNull();
    expect(ended.status).toBe("completed");
    expect(topics(ended)).toEqual(["workflow-result", "workflow-status"]);
    expect(ended.outputs[0]).toMatchObject({
      key: "t1",
      value: '{"x":0}',
      headers: { "kwf-run": "0:0", "kwf-step": "1" },
    });
  });

  test("a result of undefined is a record without a value", () => {
    run("new:");
    expect(run('{"ref":"a"}').outputs[0]).toMatchObject({ topic: "workflow-result", value: null });
  });

  test("an error goes to workflow-error, its details to a header", () => {
    const { status, outputs } = run('new:"throw"');
    expect(status).toBe("failed");
    expect(outputs[0]).toMatchObject({ topic: "workflow-error", value: '"Error: boom"' });
    expect(JSON.parse(outputs[0]?.headers?.["kwf-error"] ?? "")).toEqual({
      name: "Error",
      message: "boom",
      stack: "Error: boom",
    });
  });

  test("new: on a live thread is rejected and changes nothing", () => {
    run("new:");
    const before = state;
    const second = run("new:1");
    expect(second.state).toBe(before);
    expect(second.fate).toBe("dead-lettered");
    expect(second.outputs).toHaveLength(1);
    expect(second.outputs[0]).toMatchObject({
      topic: "workflow-dead-letter",
      key: "t1",
      value: "new:1",
      headers: { "kwf-reason": "duplicate-start", "kwf-offset": "1", "kwf-run": "0:0" },
    });
  });

  test("init: on a live thread is ignored, and starts one where there is none", () => {
    expect(run("init:").status).toBe("running");
    const before = state;
    const second = run("init:");
    expect(second).toMatchObject({ state: before, outputs: [], fate: "ignored", status: "running" });
  });

  test("a ref that is not pending changes nothing", () => {
    run("new:");
    const before = state;
    const result = run('{"ref":"b","value":1}');
    expect(result).toMatchObject({ state: before, outputs: [], fate: "unmatched", pending: ["a"] });
  });

  test.each([
    ["a ref of an unknown thread", '{"ref":"a"}', "t1", "unknown-thread"],
    ["a command for an unknown thread", 'ctl:{"op":"kill"}', "t1", "unknown-thread"],
    ["no value", null, "t1", "no-value"],
    ["no key", "new:", null, "bad-key"],
    ["an empty key", "new:", "", "bad-key"],
    ["a key with |", "new:", "a|b", "bad-key"],
    ["broken JSON after new:", "new:{", "t1", "bad-json"],
    ["an unknown operation", 'ctl:{"op":"sing"}', "t1", "bad-command"],
    ["plain text", "hello", "t1", "not-understood"],
    ["JSON without a ref", '{"value":1}', "t1", "not-understood"],
  ])("%s is dead-lettered as it came", (_, value, key, reason) => {
    const { outputs, status, state: after } = run(value, { key });
    expect(after).toBeNull();
    expect(status).toBeUndefined();
    expect(outputs).toHaveLength(1);
    expect(outputs[0]).toMatchObject({ topic: "workflow-dead-letter", key, value, headers: { "kwf-reason": reason } });
  });

  test("a step that cannot be completed pauses the thread without effect, and retry runs it again", () => {
    const failed = run('new:"fail"');
    expect(failed.status).toBe("paused");
    expect(failed.error).toEqual({ code: "KWF_UNSERIALIZABLE", message: "cannot save main.x" });
    expect(topics(failed)).toEqual(["workflow-status"]);
    expect(JSON.parse(failed.outputs[0]?.value ?? "").reason).toEqual({
      code: "error",
      error: "KWF_UNSERIALIZABLE",
      message: "cannot save main.x",
      offset: "0",
    });
    const retried = run('ctl:{"op":"retry"}');
    expect(retried.status).toBe("paused");
    expect(held).toMatchObject([{ value: 'new:"fail"', offset: "0" }]);
    const discarded = run('ctl:{"op":"discard","offset":0}');
    expect(discarded).toMatchObject({ state: null, status: undefined });
    expect(discarded.outputs).toMatchObject([{ topic: "workflow-status", value: null }]);
    expect(held).toEqual([]);
  });

  test("an endless loop is stopped at the time limit, and later records wait behind it in order", () => {
    run("new:");
    expect(run('{"ref":"a","value":"spin"}').error?.code).toBe("KWF_STEP_TIMEOUT");
    expect(run('{"ref":"a","value":1}')).toMatchObject({ status: "paused", fate: "held", outputs: [] });
    expect(run('{"ref":"a","value":2}').fate).toBe("held");
    const went = run('ctl:{"op":"discard"}');
    expect(topics(went)).toEqual(["workflow-status", "workflow-result", "workflow-status", "workflow-dead-letter"]);
    expect(went.outputs[1]?.value).toBe("1");
    expect(went.outputs[3]?.value).toBe('{"ref":"a","value":2}');
  });

  test("a command for another record than the one the thread is paused for changes nothing", () => {
    run("new:");
    const { outputs } = run('{"ref":"a","value":"spin"}');
    run('{"ref":"a","value":1}');
    const offset = JSON.parse(outputs[0]?.value ?? "").reason.offset;
    expect(run('ctl:{"op":"discard","offset":"77"}')).toMatchObject({ status: "paused", outputs: [] });
    expect(run(`ctl:{"op":"discard","offset":"${offset}"}`).status).toBe("completed");
    expect(run(`ctl:{"op":"discard","offset":"${offset}"}`).fate).toBe("dead-lettered");
  });

  test("an operator's pause and an error's are two: the thread goes on when neither holds it", () => {
    run("new:");
    run('{"ref":"a","value":"spin"}');
    run('ctl:{"op":"pause","reason":"lunch"}');
    run('{"ref":"a","value":5}');
    expect(run('ctl:{"op":"discard"}').status).toBe("paused");
    const went = run('ctl:{"op":"unpause"}');
    expect(went.status).toBe("completed");
    expect(went.outputs[1]?.value).toBe("5");
  });

  test("a cancel of a paused thread is remembered, and delivered before what waits", () => {
    run("new:");
    run('ctl:{"op":"pause"}');
    run('{"ref":"a","value":5}');
    expect(run('ctl:{"op":"cancel"}')).toMatchObject({ status: "paused", outputs: [] });
    const went = run('ctl:{"op":"unpause"}');
    expect(topics(went)).toEqual(["workflow-status", "workflow-error", "workflow-status", "workflow-dead-letter"]);
    expect(held).toEqual([]);
  });

  test("what waits for a thread that is killed goes on in order; delete leaves nothing", () => {
    run('new:"fail"');
    run("new:");
    run('{"ref":"a","value":5}');
    const killed = run('ctl:{"op":"kill"}');
    expect(topics(killed)).toEqual([
      "workflow-error",
      "workflow-status",
      "out",
      "workflow-status",
      "workflow-result",
      "workflow-status",
    ]);
    run('new:"fail"');
    run('{"ref":"a","value":5}');
    expect(run('ctl:{"op":"delete"}')).toMatchObject({ state: null, outputs: [{ value: null }] });
    expect(held).toEqual([]);
    const again = run('ctl:{"op":"delete"}');
    expect(again).toMatchObject({ fate: "obeyed", state: null, outputs: [{ topic: "workflow-status", value: null }] });
  });

  test("inside the idempotency window a thread that has ended is not started again", () => {
    options = { idempotencyWindowMs: 1_000 };
    run("new:");
    run('{"ref":"a","value":5}');
    expect(state).not.toBeNull();
    expect(run("init:")).toMatchObject({ fate: "ignored", outputs: [], status: undefined });
    expect(run("new:").fate).toBe("dead-lettered");
    expect(run('{"ref":"a","value":5}').fate).toBe("dead-lettered");
    expect(run("init:", { timestamp: 1_700_000_001_001 }).fate).toBe("started");
  });

  test("a duplicate start can be told to start the thread over", () => {
    run("new:");
    options = { onDuplicateStart: "restart" };
    expect(run("new:", { offset: "9" })).toMatchObject({ fate: "started", status: "running" });
    expect(run("init:").fate).toBe("ignored");
    expect(
      JSON.parse(
        Buffer.from(state ?? [])
          .toString()
          .split("\n")[0] ?? "",
      ).run,
    ).toBe("0:9");
  });

  test("pause holds records and unpause runs them", () => {
    run("new:");
    expect(topics(run('ctl:{"op":"pause","reason":"lunch"}'))).toEqual(["workflow-status"]);
    expect(run('{"ref":"a","value":7}').fate).toBe("held");
    const went = run('ctl:{"op":"unpause"}');
    expect(topics(went)).toEqual(["workflow-status", "workflow-result", "workflow-status"]);
    expect(went.status).toBe("completed");
  });

  test("kill ends a thread without running its code; cancel runs it", () => {
    run("new:");
    expect(run('ctl:{"op":"kill","reason":"enough"}')).toMatchObject({ state: null, status: "cancelled" });
    run("new:");
    const cancelled = run('ctl:{"op":"cancel"}');
    expect(cancelled.outputs[0]).toMatchObject({ topic: "workflow-error", value: '"CancelToken"' });
    expect(cancelled.status).toBe("cancelled");
  });

  test("a thread of another bundle is paused, and that bundle can go on with it", () => {
    run("new:");
    const other = loadBundle(`${SOURCE}\n// another`);
    const foreign = step(other, state, record('{"ref":"a","value":1}'));
    expect(foreign.status).toBe("paused");
    expect(foreign.error?.code).toBe("KWF_FOREIGN_BUNDLE");
    expect(foreign).toMatchObject({ fate: "held", failed: true });
    const back = step(bundle, foreign.state, record('ctl:{"op":"retry"}'));
    expect(back.status).toBe("running");
  });

  test("a realm that a step has spoilt is not used again", () => {
    run("new:");
    const before = bundle.realm;
    run('{"ref":"b"}');
    expect(bundle.realm).toBe(before);
    run('{"ref":"a","value":"spoil"}');
    expect(bundle.realm).not.toBe(before);
  });

  test("bytes that are no state are refused and kept", () => {
    const bytes = Buffer.from("rubbish");
    const result = step(bundle, bytes, record('{"ref":"a"}'));
    expect(result).toMatchObject({ state: bytes, status: "paused", outputs: [], error: { code: "KWF_STATE_FORMAT" } });
  });
});
