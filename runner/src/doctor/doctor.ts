// `kwf doctor`.

import { join } from "node:path";
import { ExitCode } from "../exit-code.js";
import { readBundle } from "../runner/run-bundle.js";
import type { Flags } from "../settings/settings.js";
import { withProgress } from "../terminal/progress.js";
import { terminalStyle } from "../terminal/style.js";
import { count, harmless } from "../terminal/table.js";
import { withKafka } from "../with-kafka.js";
import { examine, type Finding } from "./checks.js";

export async function doctor(bundle: string | undefined, { json, ...flags }: Flags): Promise<void> {
  const topics = bundle === undefined ? {} : readBundle(bundle).manifest;
  const { findings, cluster } = await withKafka(flags, async ({ log, names, settings, cluster }) => {
    const stateDirectory = settings.text("state.dir", join(".kwf", `${names.prefix}${names.group}`));
    const token = settings.get("admin.token");
    const findings: Finding[] = [{ level: "ok", check: "brokers", message: `cluster ${cluster} answers` }];
    await withProgress("looking", async () => {
      for await (const finding of examine({ log, names, stateDirectory, token, topics })) findings.push(finding);
    });
    return { findings, cluster };
  });
  const problems = findings.filter(({ level }) => level === "problem");
  if (problems.length > 0) process.exitCode = ExitCode.failed;
  if (json === true) console.log(JSON.stringify({ cluster, findings }));
  else print(findings);
}

function print(findings: readonly Finding[]): void {
  const { dim, state, trouble } = terminalStyle(process.stdout, process.env);
  const paint = { ok: dim, warning: state, problem: trouble };
  for (const { level, check, message, advice } of findings) {
    console.log(`${paint[level](level.padEnd(7))}  ${harmless(check)}: ${harmless(message)}`);
    if (advice !== undefined) console.log(`         ${harmless(advice)}`);
  }
  const counts = (["problem", "warning"] as const).flatMap((level) => {
    const number = findings.filter((one) => one.level === level).length;
    return number === 0 ? [] : [count(number, level)];
  });
  console.log(counts.length === 0 ? "all is well" : counts.join(", "));
}
