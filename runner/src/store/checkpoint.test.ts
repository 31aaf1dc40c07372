import { describe, expect, test } from "vitest";
import { type Changelog, type Checkpoint, decodeCheckpoint, distrust, encodeCheckpoint } from "./checkpoint.js";

const NOW = Date.UTC(2030, 0, 2);
const DAY = 86_400_000;
const checkpoint: Checkpoint = {
  cluster: "c",
  topic: "kwf-run-changelog",
  partition: 3,
  incarnation: "i",
  position: 50,
  inputs: { "workflow-resume": 7 },
  currentAt: NOW - 1000,
};
const changelog: Changelog = {
  cluster: "c",
  topic: "kwf-run-changelog",
  partition: 3,
  incarnation: "i",
  start: 10,
  end: 60,
  tombstoneRetentionMs: DAY,
};

describe("trust in a checkpoint", () => {
  test("one of this changelog, within its offsets and its tombstone retention, is trusted", () => {
    expect(distrust(checkpoint, changelog, NOW)).toBeUndefined();
    expect(distrust({ ...checkpoint, position: 60 }, changelog, NOW)).toBeUndefined();
    expect(distrust({ ...checkpoint, position: 10 }, changelog, NOW)).toBeUndefined();
    expect(distrust({ ...checkpoint, currentAt: NOW - DAY }, changelog, NOW)).toBeUndefined();
  });

  test.each([
    ["another cluster", { cluster: "d" }, "cluster"],
    ["another topic", { topic: "x-run-changelog" }, "x-run-changelog"],
    ["another partition", { partition: 4 }, "partition 4"],
    ["a topic made anew", { incarnation: "j" }, "incarnation j"],
    ["beyond the changelog's end", { position: 61 }, "ends at 60"],
    ["before the changelog's beginning", { position: 9 }, "begins at 10"],
    ["older than the tombstones kept", { currentAt: NOW - DAY - 1 }, "tombstones"],
    ["from a clock that was ahead by more than that", { currentAt: NOW + DAY + 1 }, "tombstones"],
  ] as const)("%s is not, and the reason names it", (_, difference, reason) => {
    expect(distrust({ ...checkpoint, ...difference }, changelog, NOW)).toContain(reason);
  });
});

describe("bytes of a checkpoint", () => {
  test("come back as they went in", () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  test.each([
    "",
    "nothing",
    "null",
    "{}",
    JSON.stringify({ ...checkpoint, position: -1 }),
    JSON.stringify({ ...checkpoint, position: "50" }),
    JSON.stringify({ ...checkpoint, inputs: null }),
    JSON.stringify({ ...checkpoint, inputs: { a: 1.5 } }),
    JSON.stringify({ ...checkpoint, cluster: undefined }),
  ])("that are none are refused: %s", (text) => {
    expect(decodeCheckpoint(Buffer.from(text))).toBeUndefined();
  });
});
