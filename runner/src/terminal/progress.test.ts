import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { withProgress } from "./progress.js";

function screen(isTTY: boolean) {
  const output = Object.assign(new PassThrough(), { isTTY, columns: 40 });
  const seen = new Promise<string>((resolve) => output.once("data", (part) => resolve(String(part))));
  return { output, seen, rest: () => String(output.read() ?? "") };
}

test("what takes long is said, with what has come of it, and wiped away", async () => {
  const { output, seen, rest } = screen(true);
  const result = await withProgress(
    "asking",
    async ({ say }) => {
      say("asked 2 of 3");
      expect(await seen).toMatch(/asked 2 of 3 … \d+ s$/);
      output.removeAllListeners("data").pause();
      return 7;
    },
    { output, afterMs: 0 },
  );
  expect(result).toBe(7);
  expect(rest()).toBe("\r\u001b[K");
});

test("it is wiped away before an error too", async () => {
  const { output, seen, rest } = screen(true);
  const failing = withProgress(
    "asking",
    async () => {
      await seen;
      output.removeAllListeners("data").pause();
      throw new Error("gone");
    },
    { output, afterMs: 0 },
  );
  await expect(failing).rejects.toThrow("gone");
  expect(rest()).toBe("\r\u001b[K");
});

test("piped nothing is said", async () => {
  const { output, rest } = screen(false);
  await withProgress("asking", async ({ say }) => say("more"), { output, afterMs: 0 });
  output.pause();
  expect(rest()).toBe("");
});

test("a note stays, piped too", async () => {
  for (const isTTY of [true, false]) {
    const { output, seen } = screen(isTTY);
    await withProgress("waiting", async ({ note }) => note("it is paused"), { output });
    expect(await seen).toBe("it is paused\n");
  }
});
