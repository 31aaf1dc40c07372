import { afterEach, describe, expect, test } from "vitest";
import { readIndependently } from "./independent-reader.js";
import type { RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

// Case 24, 27 and ways (b) and (c) of 1 and 17: a real SIGKILL between any two records, and at every labelled point.

let stage: Stage;
afterEach(() => stage?.close());

/** Each batch of records is sent when all before it has been run. */
async function play(
  bundle: string,
  batches: readonly (readonly (readonly [thread: string, value: string])[])[],
  afterKill: () => void,
): Promise<void> {
  let runner: RunnerProcess | undefined;
  for (const batch of batches) {
    runner = stage.run(bundle);
    const offsets = await stage.send(...batch);
    await stage.passed(offsets.at(-1)!);
    await runner.kill();
    afterKill();
  }
}

describe.each(["kept", "deleted"])("killed after every record, local state %s", (state) => {
  const afterKill = () => {
    if (state === "deleted") stage.loseLocalState();
  };

  test("the saga continues, and every output is there once and in order", { timeout: 240_000 }, async () => {
    stage = await Stage.open();
    const bundle = await stage.demo("trip-booking-saga");
    stage.createTopics(bundle);
    // Step ids are offsets: two threads, so records 0 and 1 are the starts.
    await play(
      bundle,
      [
        [
          ["ok", 'new:{"timeoutMS":60000}'],
          ["no", 'new:{"timeoutMS":60000}'],
        ],
        [
          ["ok", '{"ref":"0:flight:3","value":{"id":"f"}}'],
          ["no", '{"ref":"1:car:1","value":{"id":"c"}}'],
        ],
        [
          ["ok", '{"ref":"0:car:1","value":{"id":"c"}}'],
          ["no", '{"ref":"1:flight:3","error":"sold out"}'],
        ],
        [["ok", '{"ref":"0:hotel:2","value":{"id":"h"}}']],
      ],
      afterKill,
    );
    const topics = ["car", "hotel", "flight"].flatMap((part) => [`saga-reserve-${part}`, `saga-cancel-${part}`]);
    expect(readIndependently(stage, [...topics, "workflow-scheduler", "workflow-result", "workflow-error"])).toEqual({
      "saga-reserve-car": ['ok {"ref":"0:car:1"}', 'no {"ref":"1:car:1"}'],
      "saga-reserve-hotel": ['ok {"ref":"0:hotel:2"}', 'no {"ref":"1:hotel:2"}'],
      "saga-reserve-flight": ['ok {"ref":"0:flight:3"}', 'no {"ref":"1:flight:3"}'],
      "saga-cancel-car": ['no {"ref":"1:car:1"}'],
      "saga-cancel-hotel": ['no {"ref":"1:hotel:2"}'],
      "saga-cancel-flight": [],
      "workflow-scheduler": [
        'ok|{"ref":"0:sleep:4"} 60000',
        'no|{"ref":"1:sleep:4"} 60000',
        'no|{"ref":"1:sleep:4"} 0',
        'ok|{"ref":"0:sleep:4"} 0',
      ],
      "workflow-result": ['ok {"car":{"id":"c"},"hotel":{"id":"h"},"flight":{"id":"f"}}'],
      "workflow-error": ['no "sold out"'],
    });
    const changelog = await stage.records(`${stage.prefix}kwf-run-changelog`);
    for (const thread of ["ok", "no"]) {
      expect(changelog.findLast(({ key }) => key?.toString() === thread)?.value).toBeNull();
    }
  });
});

test("killed at every labelled point, a step is there once", { timeout: 240_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
  const points = ["fenced", "restored", "read", "stepped", "sent", "committed", "applied"];
  for (const [index, point] of points.entries()) {
    // The first record of each round is the one that is hit; points before any record are passed without one.
    const [offset] = await stage.send([point, `new:{"name":"${point}"}`]);
    const hit = stage.run(bundle, [], { environment: { KWF_FAULT: `${point}:1` } });
    expect(await hit.ended, hit.text).toMatchObject({ signal: "SIGKILL" });
    if (index % 2 === 1) stage.loseLocalState();
    const next = stage.run(bundle);
    const [answer] = await stage.send([point, `{"ref":"${offset}:greeting:1","value":"hi ${point}"}`]);
    await stage.passed(answer!);
    await next.kill();
  }
  expect(readIndependently(stage, ["minimal-greeting-request", "workflow-result", "workflow-dead-letter"])).toEqual({
    "minimal-greeting-request": points.map(
      (point, index) => `${point} {"name":"${point}","ref":"${2 * index}:greeting:1"}`,
    ),
    "workflow-result": points.map((point) => `${point} {"greeting":"hi ${point}"}`),
    "workflow-dead-letter": [],
  });
});
