import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedLog } from "../src/log/embedded/open-log.js";
import { DevProcess } from "./dev-process.js";

// Cases 16, 17, 24 and 27 on the embedded log: a real SIGKILL of `kwf dev`, at every labelled point and after every record, its states on
// disk kept and deleted. The log itself is what must not be lost.

let folder: string;
let running: DevProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-kill-"));
});
afterEach(async () => {
  if (running?.over === false) await running.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function dev(demo: string, fault?: string): Promise<DevProcess> {
  const entry = fileURLToPath(new URL(`../../demos/${demo}/src/index.ts`, import.meta.url));
  running = new DevProcess(folder, entry, [], fault === undefined ? {} : { KWF_FAULT: fault });
  if (fault === undefined) await running.says("HTTP at");
  return running;
}
const loseStates = () => rmSync(join(folder, ".kwf/dev/state"), { recursive: true, force: true });
const lines = (records: readonly { key: string | null; value: string | null }[]) =>
  records.map(({ key, value }) => `${key} ${value}`);

// The scheduler's task may be the one that passes it first.
const POINTS = ["fenced", "restored", "read", "stepping", "stepped", "sent", "committed", "applied"];

test("killed at every labelled point, a step is there once", { timeout: 300_000 }, async () => {
  // One that makes the topics.
  await (await dev("minimal")).stop();
  for (const [index, point] of POINTS.entries()) {
    const log = await openEmbeddedLog(join(folder, ".kwf/dev/log"));
    const [written] = await log.produce([{ topic: "workflow-resume", key: point, value: `new:{"name":"${point}"}` }]);
    await log.close();
    const hit = await dev("minimal", `${point}:1`);
    expect(await hit.ended, hit.text).toBeNull();
    if (index % 2 === 1) loseStates();
    const next = await dev("minimal");
    const value = `{"ref":"${written!.offset}:greeting:1","value":"hi ${point}"}`;
    await next.post("workflow-resume", { key: point, value });
    await next.records("workflow-result", index + 1);
    await next.kill();
  }
  const last = await dev("minimal");
  expect(lines(await last.all("minimal-greeting-request"))).toEqual(
    POINTS.map((point, index) => `${point} {"name":"${point}","ref":"${2 * index}:greeting:1"}`),
  );
  expect(lines(await last.all("workflow-result"))).toEqual(
    POINTS.map((point) => `${point} {"greeting":"hi ${point}"}`),
  );
});

describe.each(["kept", "deleted"])("killed after every record, states %s", (states) => {
  test("the saga goes on, every output is there once and in order, and its timer is obeyed", {
    timeout: 240_000,
  }, async () => {
    const records = [
      ["ok", 'new:{"timeoutMS":3600000}'],
      ["late", 'new:{"timeoutMS":1}'],
      ["ok", '{"ref":"0:flight:3","value":{"id":"f"}}'],
      ["ok", '{"ref":"0:car:1","value":{"id":"c"}}'],
      ["ok", '{"ref":"0:hotel:2","value":{"id":"h"}}'],
    ] as const;
    for (const [key, value] of records) {
      const process = await dev("trip-booking-saga");
      const answer = await process.post("workflow-resume", { key, value });
      expect(answer.status).toBe(200);
      await process.says(`in  ${key}  `);
      await process.kill();
      if (states === "deleted") loseStates();
    }
    const last = await dev("trip-booking-saga");
    await last.records("workflow-error", 1);
    await last.records("workflow-result", 1);
    const all = async (topic: string) => lines(await last.all(topic));
    expect(await all("workflow-result")).toEqual(['ok {"car":{"id":"c"},"hotel":{"id":"h"},"flight":{"id":"f"}}']);
    expect(await all("workflow-error")).toEqual(['late "TimeoutError: no result after 1 ms"']);
    expect(await all("saga-reserve-car")).toEqual(['ok {"ref":"0:car:1"}', expect.stringMatching(/^late /)]);
    expect(await all("saga-cancel-car")).toEqual([expect.stringMatching(/^late /)]);
    expect(await all("saga-cancel-hotel")).toEqual([expect.stringMatching(/^late /)]);
    expect((await all("workflow-scheduler")).filter((line) => line.startsWith("ok"))).toEqual([
      'ok|{"ref":"0:sleep:4"} 3600000',
      'ok|{"ref":"0:sleep:4"} 0',
    ]);
    expect(await all("workflow-dead-letter")).toEqual([]);
  });
});
