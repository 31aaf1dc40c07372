// A runner in this process, on an embedded log of its own, with the routes that `kwf dev` has: for what is asked over its HTTP.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { loadBundle } from "@kwf/engine";
import { topicExchangeRoutes } from "../src/dev/topic-exchange-routes.js";
import type { EmbeddedLog } from "../src/log/embedded/embedded-log.js";
import { openEmbeddedLog } from "../src/log/embedded/open-log.js";
import { Names } from "../src/names.js";
import { makeLogger } from "../src/runner/logging.js";
import { Runner } from "../src/runner/runner.js";
import { createMissing, inspectTopics, neededTopics } from "../src/topics/topics.js";

export interface EmbeddedRunnerOptions {
  readonly workflow: string;
  readonly partitions?: number;
  readonly host?: string;
  readonly token?: string;
}

export class EmbeddedRunner {
  private constructor(
    readonly log: EmbeddedLog,
    readonly names: Names,
    readonly runner: Runner,
    readonly bundle: string,
    readonly folder: string,
  ) {}

  static async start({ workflow, partitions = 2, host, token }: EmbeddedRunnerOptions): Promise<EmbeddedRunner> {
    const folder = mkdtempSync(join(tmpdir(), "kwf-embedded-runner-"));
    const entry = join(folder, "workflow.ts");
    writeFileSync(entry, workflow);
    const { hash, source, manifest } = loadBundle((await build(entry)).code);
    const log = await openEmbeddedLog(join(folder, "log"));
    const names = new Names("p-", "kwf");
    const needed = neededTopics(names, manifest);
    await createMissing(log, await inspectTopics(log, needed), names, { partitions });
    const runner = new Runner({
      log,
      cluster: await log.clusterId(),
      names,
      stateDirectory: join(folder, "state"),
      threads: {
        bundle: { hash, source, inputTopics: [] },
        config: undefined,
        stepOptions: {},
        stepMemoryMb: 256,
        stepThreads: 1,
        maxHeld: 10,
        maxRecords: 100,
        keepFinishedMs: 604_800_000,
      },
      scheduler: { maxRecords: 100 },
      sessionTimeoutMs: 6_000,
      acceptLoss: false,
      restorePatienceMs: 60_000,
      admin: {
        host: host ?? "127.0.0.1",
        port: 0,
        token,
        advertise: undefined,
        routes: topicExchangeRoutes(log, names),
      },
      logger: makeLogger("silent"),
    });
    const started = new EmbeddedRunner(log, names, runner, hash, folder);
    await runner.start();
    while (!runner.health().ready) await new Promise((resolve) => setTimeout(resolve, 10));
    return started;
  }

  get url(): string {
    return `http://${this.runner.adminAddress}`;
  }

  async close(): Promise<void> {
    await this.runner.stop();
    await this.log.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
