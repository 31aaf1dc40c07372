// The Kafka server as jars from Maven's repositories, fetched once for each version and kept in the user's cache.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Something on this machine has to be installed or mended before a broker can run. The message says what. */
export class CannotRunKafka extends Error {
  override readonly name = "CannotRunKafka";
  readonly code = "cannot-run-kafka";
}

export function cacheDirectory(): string {
  return process.env.KWF_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kwf");
}

/** The folder with the jars. Throws CannotRunKafka. */
export function kafkaJars(version: string): string {
  const jars = join(cacheDirectory(), `kafka-${version}`);
  if (!existsSync(jars)) download(version, jars);
  return jars;
}

function download(version: string, jars: string): void {
  if (spawnSync("mvn", ["-v"]).error) {
    throw new CannotRunKafka(
      `Kafka ${version} runs from jars that Maven downloads once, and there is no mvn here. ` +
        "Install Maven (Debian: apt-get install maven; macOS: brew install maven), or start a Docker engine.",
    );
  }
  mkdirSync(dirname(jars), { recursive: true });
  const work = mkdtempSync(`${jars}-`);
  try {
    const pom = join(work, "pom.xml");
    writeFileSync(pom, project(version));
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${join(work, "jars")}`];
    const { status, stdout } = spawnSync("mvn", ["-q", "-B", "-f", pom, ...goal], { encoding: "utf8" });
    if (status !== 0) {
      throw new CannotRunKafka(
        `Maven could not download Kafka ${version}; is there such a version, and is the network there?\n${stdout.trim()}`,
      );
    }
    try {
      renameSync(join(work, "jars"), jars);
    } catch (error) {
      // Somebody else was faster.
      if (!existsSync(jars)) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The server says what is wrong through slf4j, which says nothing without a binding. */
function project(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kwf</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
}
