import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { agree, type Terminal } from "./ask.js";

function terminal(isTTY = true): Terminal & { readonly input: PassThrough; text(): string } {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  let text = "";
  output.on("data", (part) => {
    text += part;
  });
  return { input, output, text: () => text };
}

test.each(["y", "Y", "yes", " YES "])("%j is a yes", async (answer) => {
  const at = terminal();
  const asked = agree("cancel 3 threads?", false, at);
  at.input.write(`${answer}\n`);
  await asked;
  expect(at.text()).toContain("cancel 3 threads? [y/N] ");
});

test.each(["", "n", "no", "ye", "cancel"])("%j is none", async (answer) => {
  const at = terminal();
  const asked = agree("cancel 3 threads?", false, at);
  at.input.write(`${answer}\n`);
  await expect(asked).rejects.toMatchObject({ message: "nothing is done", exitCode: 1 });
});

test("neither is the end of the input", async () => {
  const at = terminal();
  const asked = agree("go on?", false, at);
  at.input.end();
  await expect(asked).rejects.toMatchObject({ exitCode: 1 });
});

test("Ctrl-C does nothing and ends as an interrupt does", async () => {
  const at = terminal();
  const asked = agree("go on?", false, at);
  at.input.write("\u0003");
  await expect(asked).rejects.toMatchObject({ message: "nothing is done", exitCode: 130 });
});

test("where nobody can be asked only --yes counts", async () => {
  const at = terminal(false);
  await expect(agree("cancel 3 threads?", false, at)).rejects.toMatchObject({
    message: expect.stringMatching(/^cancel 3 threads\?\nNothing is done: stdin is no terminal .* --yes/),
    exitCode: 2,
  });
  await agree("cancel 3 threads?", true, at);
  expect(at.text()).toBe("");
});
