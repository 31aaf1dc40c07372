import { describe, expect, test } from "vitest";
import { AbortController, AbortSignal } from "./abort.js";
import { CustomEvent, Event } from "./event.js";
import { EventTarget } from "./event-target.js";
import { setReport } from "./report.js";

const native = globalThis as unknown as {
  EventTarget: typeof EventTarget;
  Event: typeof Event;
  AbortController: typeof AbortController;
  AbortSignal: typeof AbortSignal;
};

/** Runs a script against ours and Node's classes; both must tell the same story. */
function same(script: (kit: typeof native, log: unknown[]) => void): void {
  const ours: unknown[] = [];
  const theirs: unknown[] = [];
  script({ EventTarget, Event, AbortController, AbortSignal }, ours);
  script(native, theirs);
  expect(ours).toEqual(theirs);
  expect(ours.length).toBeGreaterThan(0);
}

describe("EventTarget", () => {
  test("once, removal, duplicates and stopImmediatePropagation are Node's", () => {
    same((kit, log) => {
      const target = new kit.EventTarget();
      const second = (event: Event): void => {
        log.push("second", event.target === target);
      };
      target.addEventListener("x", () => log.push("first"), { once: true });
      target.addEventListener("x", second);
      target.addEventListener("x", second);
      target.addEventListener("x", { handleEvent: (event) => event.stopImmediatePropagation() });
      target.addEventListener("x", () => log.push("never"));
      log.push(target.dispatchEvent(new kit.Event("x", { cancelable: true })));
      target.removeEventListener("x", second);
      target.dispatchEvent(new kit.Event("x"));
      const event = new kit.Event("y", { cancelable: true });
      target.addEventListener("y", (e) => e.preventDefault());
      log.push(target.dispatchEvent(event), event.defaultPrevented, event.currentTarget);
    });
  });

  test("an error of a listener is reported and the others still run", () => {
    const reported: unknown[] = [];
    setReport((error) => reported.push(error));
    const target = new EventTarget();
    const seen: string[] = [];
    target.addEventListener("x", () => {
      throw new Error("boom");
    });
    target.addEventListener("x", () => {
      seen.push("ran");
    });
    target.dispatchEvent(new CustomEvent("x", { detail: 1 }));
    expect(seen).toEqual(["ran"]);
    expect(reported).toEqual([new Error("boom")]);
  });
});

describe("AbortSignal", () => {
  test("abort, reason, onabort, any and the signal option are Node's", () => {
    same((kit, log) => {
      const controller = new kit.AbortController();
      const other = new kit.AbortController();
      const any = kit.AbortSignal.any([controller.signal, other.signal]);
      const target = new kit.EventTarget();
      target.addEventListener("x", () => log.push("x"), { signal: controller.signal });
      target.dispatchEvent(new kit.Event("x"));
      controller.signal.onabort = (event: Event) => log.push("onabort", event.type, event.isTrusted);
      controller.signal.addEventListener("abort", () => log.push("listener"));
      any.addEventListener("abort", () => log.push("any", any.reason));
      controller.abort("why");
      controller.abort("again");
      target.dispatchEvent(new kit.Event("x"));
      log.push(controller.signal.aborted, controller.signal.reason, other.signal.aborted);
      log.push(kit.AbortSignal.any([other.signal, kit.AbortSignal.abort(7)]).reason);
      log.push((kit.AbortSignal.abort().reason as Error).name);
    });
  });

  test("timeout refuses and names the durable way", () => {
    expect(() => AbortSignal.timeout(1)).toThrow(/@kwf\/patterns/);
  });
});
