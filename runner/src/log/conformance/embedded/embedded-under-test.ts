// The embedded log for the conformance suite: a directory of its own, and faults on demand.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddedLog } from "../../embedded/embedded-log.js";
import { openEmbeddedLog } from "../../embedded/open-log.js";
import { LogUnreachable } from "../../errors.js";
import type { Log } from "../../log.js";
import type { LogUnderTest } from "../log-under-test.js";

export interface EmbeddedUnderTest extends LogUnderTest {
  readonly directory: string;
  open(): EmbeddedLog;
}

export async function embeddedUnderTest(): Promise<EmbeddedUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), "kwf-embedded-"));
  const first = await openEmbeddedLog(directory);
  let names = 0;
  return {
    directory,
    open: () => first.another(),
    crash: async (log: Log) => (log as EmbeddedLog).disconnect(),
    lose: (log, request, what) => {
      const client = log as EmbeddedLog;
      client.faults = (point) => {
        if (point !== `${what === "request" ? "before" : "after"}-${request}`) return;
        client.faults = undefined;
        throw new LogUnreachable(`the ${what} was lost`);
      };
    },
    unique: (word) => `${word}-${++names}`,
    alterTopic: (topic, settings) => first.alterTopic(topic, settings),
    deleteBefore: (where, offset) => first.deleteBefore(where, offset),
    deleteTopic: (topic) => first.deleteTopic(topic),
    close: async () => {
      await first.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
