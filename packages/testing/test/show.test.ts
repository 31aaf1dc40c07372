import { expect, test } from "vitest";
import { started } from "./move-kit.js";

test("private fields are shown as the author wrote them; private methods are no values, private names no variables", async () => {
  const t = await started(`
    class Saga { #tries = 0; #undo() {} get #left() { return 1; } async run() { this.#undo(); await W.refId("a"); return this.#left + this.#tries; } }
    export default async function main() {
      class Local { #n = 1; #m() {} get n() { return this.#n + Number(this.#m); } }
      const local = new Local();
      return [await new Saga().run(), local];
    }`);
  const text = t.show();
  expect(text).toContain("this = Saga { #tries: 0 }\n");
  expect(text).toMatch(/local = Local \{ #n: 1 \}$/m);
  expect(text).not.toMatch(/#(undo|left|m)[:= ]+\w+$/m);
  expect(text).not.toMatch(/\{[^}]*#(undo|left|m):/);
  expect(text).not.toMatch(/^\s+#/m);
});
