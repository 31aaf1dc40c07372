import { build } from "@kwf/compiler";
import { type Bundle, carry, decodeState, encodeState, loadBundle } from "@kwf/engine";
import { describe, expect, test } from "vitest";
import { goldens, resumed } from "./golden.js";

const all = goldens();

test("there are continuations of a release, and each waits at every one of its awaits", () => {
  expect(all.length).toBeGreaterThan(0);
  for (const { threads } of all) {
    expect(new Set(threads.map(({ name }) => name)).size).toBeGreaterThanOrEqual(5);
    expect(threads.length).toBeGreaterThan(20);
  }
});

describe.each(all.map((golden) => [golden.release, golden] as const))("of release %s", (_, golden) => {
  const home = loadBundle(golden.source);
  let today: Promise<Bundle> | undefined;

  test.each(golden.threads.map((thread) => [thread.name, thread.after, thread] as const))(
    "%s after %i records goes on, on its own bundle and on what its source compiles to today",
    async (_name, _after, thread) => {
      expect(resumed(home, thread.state, thread)).toEqual(thread.result);
      today ??= build(golden.entry).then(({ code }) => loadBundle(code));
      const to = await today;
      const state = decodeState(Buffer.from(thread.state));
      const record = { key: "golden", value: null, offset: "0", partition: 0, timestamp: 0 };
      const { continuation } = carry(state, home, to, {}, record);
      const carried = Buffer.from(encodeState({ ...state, continuation })).toString();
      expect(resumed(to, carried, thread)).toEqual(thread.result);
    },
  );
});
