import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ASKING } from "./asking.js";
import { EmbeddedRunner } from "./embedded-runner.js";

// Who may ask the admin HTTP of a runner, and what is said to who asks wrongly.

let on: EmbeddedRunner;
beforeAll(async () => {
  on = await EmbeddedRunner.start({ workflow: ASKING });
}, 120_000);
afterAll(() => on?.close());

test("what is asked wrongly is answered with what was expected", async () => {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${on.url}${path}`, init);
    return [response.status, await response.json()];
  };
  expect(await ask("/thread")).toEqual([
    404,
    { code: "no-such-route", error: expect.stringContaining("/openapi.json") },
  ]);
  expect(await ask("/threads", { method: "DELETE" })).toEqual([
    405,
    { code: "no-such-method", error: expect.any(String) },
  ]);
  const wrong = async (path: string, says: string, init: RequestInit = {}) =>
    expect(await ask(path, init)).toEqual([400, { code: "bad-request", error: expect.stringContaining(says) }]);
  await wrong("/threads?states=running", 'no parameter "states"; it has state,');
  await wrong("/threads?state=gone", "running, paused, completed, failed, cancelled, all");
  await wrong("/threads?state=running&state=paused", "state is there more than once");
  await wrong("/threads?limit=0", "from 1 to 10000");
  await wrong("/threads?idle=soon", "or how long ago: 15m");
  await wrong("/threads?since=soon", "expected a time such as");
  await wrong("/threads?after=soon", "no cursor");
  await wrong("/threads?order=name", "active or idle");
  await wrong("/threads/x/resume", 'the parameter "ref" is missing', { method: "POST" });
  await wrong("/threads/x/start?wait=yes", "expected true or false", { method: "POST" });
  await wrong("/threads/x/start", "not JSON", { method: "POST", body: "{" });
  await wrong("/threads/a%7Cb/start", 'no "|"', { method: "POST" });
  expect(await ask("/topics/said", { method: "POST", body: '{"key":"k","value":"v","partition":7}' })).toEqual([
    400,
    { code: "request-refused", error: expect.stringContaining("there is no partition 7") },
  ]);
  expect(await ask("/threads/x/start", { method: "POST", body: `"${"x".repeat(2_000_000)}"` })).toEqual([
    413,
    { code: "record-too-large", error: expect.stringContaining("max.message.bytes") },
  ]);
  await wrong("/threads/%ff", "no percent-encoded UTF-8");
  await wrong("/timers?after=x", 'as "next"');
  await wrong("/dead-letters?before=x", 'as "next"');
  await wrong("/partitions/x/threads", "no number of a partition");
  await wrong("/dead-letters/redrive", 'has no "ids"', { method: "POST", body: "{}" });
});

describe("who may ask", () => {
  const status = async (path: string, headers: Record<string, string> = {}, url = on.url) =>
    (await fetch(`${url}${path}`, { headers })).status;

  test("without a token: this machine, but no page from elsewhere", async () => {
    expect(await status("/threads", { origin: "http://localhost:3000" })).toBe(200);
    expect(await status("/threads", { origin: "https://example.com" })).toBe(403);
    expect(await status("/threads", { origin: "null" })).toBe(403);
    expect(await status("/healthz", { origin: "https://example.com" })).toBe(200);
  });

  test("with a token: who has it, and everybody for health", { timeout: 60_000 }, async () => {
    const guarded = await EmbeddedRunner.start({ workflow: ASKING, token: "sesame" });
    const { url } = guarded;
    expect(await status("/threads", {}, url)).toBe(401);
    expect(await status("/threads", { authorization: "Bearer opensesame" }, url)).toBe(401);
    expect(await status("/threads", { authorization: "Bearer sesame" }, url)).toBe(200);
    expect(await status("/nothing", {}, url)).toBe(401);
    for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json"])
      expect(await status(path, {}, url)).toBe(200);
    await guarded.close();
  });

  test("on another host than this machine, without a token: nobody but for health", { timeout: 60_000 }, async () => {
    const open = await EmbeddedRunner.start({ workflow: ASKING, host: "0.0.0.0" });
    const url = open.url.replace("0.0.0.0", "127.0.0.1");
    const response = await fetch(`${url}/threads`);
    expect([response.status, await response.json()]).toEqual([
      403,
      { code: "token-needed", error: expect.stringContaining("--admin-token") },
    ]);
    expect(await status("/healthz", {}, url)).toBe(200);
    await open.close();
  });
});
