// docker-compose.yml of this repository as a project of its own: own names, own images, free ports, so that it disturbs nobody's
// `docker compose up` beside it. What it starts, `down` takes away.

import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePorts } from "../src/testing/ports.js";

const exec = promisify(execFile);

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the command prints, on either stream. Rejects with it if the command fails. */
export async function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const options = { cwd: ROOT, env: { ...process.env, ...environment }, maxBuffer: 256 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await exec(command, args, options);
    return { stdout, stderr };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trim().split("\n").slice(-60).join("\n");
    throw new Error(`${command} ${args.join(" ")}: ${said || (error as Error).message}`);
  }
}

export const docker = async (...args: string[]): Promise<string> => (await run("docker", args)).stdout.trim();

export class Compose {
  readonly name: string;
  /** Of the broker, for clients on this machine. */
  readonly kafka: string;
  /** What `runner`, `topics` and the others run. */
  readonly image: string;
  readonly #command: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #images: string[];

  private constructor(name: string, command: readonly string[], port: number, base: string | undefined) {
    this.name = name;
    this.kafka = `localhost:${port}`;
    this.image = `${name}-demo`;
    this.#command = command;
    this.#images = base === undefined ? [this.image] : [this.image, base];
    this.#environment = {
      KWF_DEMO_IMAGE: this.image,
      KWF_KAFKA_PORT: String(port),
      // Any free ones.
      KWF_ADMIN_PORTS: "",
      ...(base === undefined ? {} : { NODE_IMAGE: base }),
    };
  }

  /** Throws what is missing, if something is. */
  static async open(): Promise<Compose> {
    await docker("info").catch((error: Error) => {
      throw new Error(`these tests need a Docker engine, and none answers: ${error.message}`);
    });
    const name = `kwf-test-${process.pid}`;
    const [port] = await freePorts(1);
    return new Compose(name, await composeCommand(), port!, await baseImage(name));
  }

  async do(...args: string[]): Promise<string> {
    const [command, ...before] = this.#command;
    return (await run(command!, [...before, "--project-name", this.name, ...args], this.#environment)).stdout;
  }

  /** The runner alone, as `docker build` makes it if no target is named. */
  async buildRunner(): Promise<string> {
    const image = `${this.name}-runner`;
    const { NODE_IMAGE: base } = this.#environment;
    const more = base === undefined ? [] : ["--build-arg", `NODE_IMAGE=${base}`];
    this.#images.push(image);
    await docker("build", "--file", "runner/Dockerfile", "--tag", image, ...more, ".");
    return image;
  }

  /** Ids of the containers of a service, ended ones included. */
  async containers(service: string): Promise<string[]> {
    const text = await docker(
      ...["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=com.docker.compose.project=${this.name}`],
      ...["--filter", `label=com.docker.compose.service=${service}`],
    );
    return text.split("\n").filter(Boolean);
  }

  async down(): Promise<void> {
    await this.do("down", "--volumes", "--remove-orphans", "--timeout", "30");
  }

  /** What Docker still has of this project. */
  async left(): Promise<string[]> {
    const filter = ["--filter", `label=com.docker.compose.project=${this.name}`];
    const found = await Promise.all([
      docker("ps", "--all", "--quiet", ...filter),
      docker("network", "ls", "--quiet", ...filter),
      docker("volume", "ls", "--quiet", ...filter),
    ]);
    return found.flatMap((text) => text.split("\n").filter(Boolean));
  }

  async removeImages(): Promise<void> {
    for (const image of this.#images) await docker("image", "rm", "--force", image).catch(() => undefined);
  }
}

async function composeCommand(): Promise<readonly string[]> {
  for (const command of [["docker", "compose"], ["docker-compose"]]) {
    const [first, ...rest] = command;
    if (await run(first!, [...rest, "version"]).catch(() => undefined)) return command;
  }
  throw new Error("these tests need Docker Compose: neither `docker compose` nor `docker-compose` is there");
}

/**
 * npm in the build trusts what Node is told to trust here: behind a proxy that signs everything anew, NODE_EXTRA_CA_CERTS names its
 * certificate, and an image with that one more is built upon.
 */
async function baseImage(name: string): Promise<string | undefined> {
  const { NODE_EXTRA_CA_CERTS: certificates, NODE_IMAGE: base = "node:20-bookworm-slim" } = process.env;
  if (!certificates) return undefined;
  const image = `${name}-node`;
  const folder = mkdtempSync(join(tmpdir(), "kwf-node-"));
  try {
    copyFileSync(certificates, join(folder, "ca.pem"));
    const place = "/usr/local/share/ca-certificates/extra.pem";
    const lines = [`FROM ${base}`, `COPY ca.pem ${place}`, `ENV NODE_EXTRA_CA_CERTS=${place}`];
    writeFileSync(join(folder, "Dockerfile"), lines.join("\n"));
    await docker("build", "--quiet", "--tag", image, folder);
    return image;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
