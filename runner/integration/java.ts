import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kafkaJars } from "../src/testing/kafka-jars.js";

/** Runs a program of this folder beside Apache's own jars; what it prints. */
export function runJava(program: string, version: string, args: readonly string[]): string {
  const file = fileURLToPath(new URL(`./${program}.java`, import.meta.url));
  const options = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"];
  return execFileSync("java", [...options, "-cp", join(kafkaJars(version), "*"), file, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
