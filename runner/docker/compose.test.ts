import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Compose, docker, run } from "./compose.js";
import { type Trip, Trips } from "./trips.js";

// The image and docker-compose.yml as users have them, on a Docker engine. Trips whose number ends in 3 find the hotel full; those whose
// number ends in 7 are not started here: nobody answers them before their time is up.

const PATIENCE_MS = 180_000;
/** No timer of a trip of these tests may fire, however slow the machine is. */
const TRIP_MS = 3_600_000;

let compose: Compose;
let trips: Trips | undefined;

beforeAll(async () => {
  compose = await Compose.open();
  await compose.do("build");
});

afterAll(async () => {
  await trips?.close();
  await compose?.down();
  await compose?.removeImages();
});

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      const logs = await compose.do("logs", "--tail", "40").catch((error: Error) => error.message);
      throw new Error(`waited in vain for ${what}; the containers said:\n${logs}`);
    }
    await sleep(250);
  }
}

interface Readiness {
  readonly ready: boolean;
  readonly partitions: readonly { readonly role: string; readonly partition: number }[];
}

async function readiness(runner: string): Promise<Readiness | undefined> {
  const where = await docker("port", runner, "8484").catch(() => undefined);
  const response = where && (await fetch(`http://${where}/readyz`).catch(() => undefined));
  return response ? ((await response.json()) as Readiness) : undefined;
}

/** Both runners run, each with a share of the four partitions. */
const shared = (runners: readonly string[]) =>
  until("both runners to have a share", async () => {
    const all = await Promise.all(runners.map(readiness));
    const each = all.map((one) =>
      one?.ready ? one.partitions.flatMap(({ role, partition }) => (role === "run" ? partition : [])) : [],
    );
    return each.every(({ length }) => length > 0) && each.flat().sort().join() === "0,1,2,3";
  });

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
    .filter((number) => number % 10 !== 7)
    .map((number) => `test-${number}`);

const ended = (wanted: readonly string[]) =>
  until("the trips to end", async () => {
    const all = await trips!.read();
    return wanted.every((trip) => (all.get(trip)?.outcomes.length ?? 0) > 0);
  });

function expected(trip: string): Trip {
  const id = (part: string) => ({ id: `${part}-of-${trip}` });
  const full = trip.endsWith("3");
  const booked = { car: id("car"), hotel: id("hotel"), flight: id("flight") };
  return {
    outcomes: [full ? 'error "the hotel is full"' : `result ${JSON.stringify(booked)}`],
    reserved: ["car", "hotel", "flight"],
    cancelled: full ? ["car", "flight"] : [],
    timer: [String(TRIP_MS), "0"],
  };
}

test("the image holds what kwf needs to run, and belongs to no one but root", async () => {
  const image = await compose.buildRunner();
  const { User, Entrypoint, Cmd, Volumes, Healthcheck } = JSON.parse(
    await docker("image", "inspect", "--format", "{{json .Config}}", image),
  );
  expect({ User, Entrypoint, Cmd, Volumes }).toEqual({
    User: "10001:10001",
    Entrypoint: ["kwf"],
    Cmd: ["run", "/app/bundle.js"],
    Volumes: { "/var/lib/kwf": {} },
  });
  expect(Healthcheck.Test.at(-1)).toContain("health-check");
  expect(await docker("run", "--rm", "--read-only", image, "--version")).toMatch(/^\d+\.\d+\.\d+$/);

  const inside = (script: string) => docker("run", "--rm", "--entrypoint", "sh", image, "-c", script);
  const packages = (await inside("cd /opt/kwf/node_modules && ls -d * @*/*")).split("\n");
  expect(packages).toEqual(expect.arrayContaining(["kwf", "rocksdb", "kafkajs", "@kwf/engine"]));
  for (const name of ["typescript", "vitest", "testcontainers", "@types/node", "@kwf/testing", "@kwf/patterns"])
    expect(packages).not.toContain(name);
  expect(await inside("find /opt/kwf/packages /opt/kwf/runner -name '*.ts' -not -path '*/template/*'")).toBe("");
  expect(await inside("kwf init /tmp/hello > /dev/null && find /tmp/hello -name '*.ts' | sort")).toBe(
    "/tmp/hello/src/index.test.ts\n/tmp/hello/src/index.ts",
  );
  expect(await inside("find /opt/kwf -user kwf -not -path '*/.cache*'")).toBe("");
});

describe("docker compose up", () => {
  let runners: string[] = [];

  beforeAll(async () => {
    await compose.do("up", "--detach", "--no-build");
    trips = new Trips(compose.kafka);
  });

  test("two runners share the partitions, reached from their network and this machine; a trip of the client ends", async () => {
    runners = await compose.containers("runner");
    expect(runners).toHaveLength(2);
    await shared(runners);
    for (const runner of runners) expect(await docker("port", runner)).toMatch(/^8484\/tcp -> 127\.0\.0\.1:\d+$/);
    const [services] = await compose.containers("services");
    for (const address of await trips!.announced()) {
      const ask = `fetch("http://${address}/healthz").then((answer) => console.log(answer.status))`;
      expect(await docker("exec", services!, "node", "-e", ask), address).toBe("200");
    }
    await until("the image's health check to succeed", async () => {
      const states = await Promise.all(
        runners.map((id) => docker("inspect", "--format", "{{.State.Health.Status}}", id)),
      );
      return states.every((state) => state === "healthy");
    });
    await until("the client to hear of a trip", async () => {
      const text = await compose.do("logs", "client");
      return /trip-\d+-\d+: booked, car-of-trip/.test(text);
    });
  });

  test("a runner is killed: what it had begun ends on the other, everything once", async () => {
    const [services] = await compose.containers("services");
    // Nobody answers yet, so all of them are under way when it happens.
    await docker("pause", services!);
    const first = numbered(1, 30);
    await trips!.start(first, TRIP_MS);
    await until("all requests to be out", async () => {
      const all = await trips!.read();
      return first.every((trip) => all.get(trip)?.reserved.length === 3);
    });
    await docker("kill", "--signal", "KILL", runners[0]!);
    await docker("unpause", services!);
    const second = numbered(31, 50);
    await trips!.start(second, TRIP_MS);
    await ended([...first, ...second]);

    // The other way round, in the middle of whatever it does; the first one finds its volume.
    await docker("start", runners[0]!);
    await shared(runners);
    const third = numbered(51, 80);
    await trips!.start(third, TRIP_MS);
    await docker("kill", "--signal", "KILL", runners[1]!);
    await ended(third);
    await docker("start", runners[1]!);
    await shared(runners);

    await compose.do("stop", "client", "services", "runner");
    const all = await trips!.read();
    const mine = [...first, ...second, ...third];
    expect(Object.fromEntries(mine.map((trip) => [trip, all.get(trip)]))).toEqual(
      Object.fromEntries(mine.map((trip) => [trip, expected(trip)])),
    );
    const others = [...all].filter(([trip]) => !mine.includes(trip));
    expect(others.length).toBeGreaterThan(0);
    // Whatever becomes of a trip of the client, it becomes so once.
    for (const [trip, { outcomes, reserved, cancelled }] of others) {
      expect(outcomes.length, trip).toBeLessThanOrEqual(1);
      expect(reserved, trip).toEqual(["car", "hotel", "flight"]);
      expect(new Set(cancelled).size, trip).toBe(cancelled.length);
    }
    const dead = await trips!.records("workflow-dead-letter");
    expect(dead.filter(([, value]) => value.startsWith("new:"))).toEqual([]);
  });

  test("a runner that is stopped finishes: exit code 0, and every line it wrote is JSON", async () => {
    for (const runner of runners) {
      expect(await docker("inspect", "--format", "{{.State.ExitCode}}", runner)).toBe("0");
      const { stdout, stderr } = await run("docker", ["logs", runner]);
      expect(stdout).toBe("");
      const lines = stderr.trim().split("\n");
      expect(lines.map((line) => JSON.parse(line).msg)).toContain("starting");
      expect(JSON.parse(lines.at(-1)!)).toMatchObject({ level: "info", msg: "stopped" });
    }
  });

  test("docker compose down leaves nothing", async () => {
    await compose.down();
    expect(await compose.left()).toEqual([]);
  });
});
