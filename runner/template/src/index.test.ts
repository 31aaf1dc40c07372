import { testWorkflow } from "@kwf/testing";
import { expect, test } from "vitest";

const signup = () => testWorkflow<typeof import("./index.js")>(new URL("./index.ts", import.meta.url));
const email = "ada@example.org";

test("a click confirms the address", async () => {
  const t = await signup();
  t.start({ email });
  t.expectOutput("signup-mails", { to: email, template: "confirm", thread: "test", ref: "click" });
  t.resume("click", { name: "Ada" });
  expect(t.result()).toEqual({ status: "confirmed", email, name: "Ada", after: "confirm" });
});

test("a day later there is a reminder, and another day later nobody waits any more", async () => {
  const t = await signup();
  t.start({ email });
  t.advance(24 * 60 * 60 * 1000);
  expect(t.values("signup-mails")).toMatchObject([{ template: "confirm" }, { template: "reminder" }]);
  t.advance(24 * 60 * 60 * 1000);
  expect(t.result()).toEqual({ status: "abandoned", email });
});

test("a click after the reminder counts", async () => {
  const t = await signup();
  t.start({ email, patienceMS: 1000 });
  t.advance(1000);
  t.resume("click", { name: "Ada" });
  expect(t.result()).toMatchObject({ status: "confirmed", after: "reminder" });
});
