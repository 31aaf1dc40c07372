import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SESSION_MS } from "../src/testing/broker-set.js";
import { createTestCluster, type TestCluster } from "../src/testing/cluster.js";
import { type Certificates, makeCertificates } from "./certificates.js";
import { kwfBeside } from "./runner-process.js";
import { lines, Stage } from "./stage.js";
import { TokenEndpoint, token } from "./token-endpoint.js";

// A broker that wants to know who asks: TLS, SASL PLAIN, SCRAM and OAUTHBEARER through the whole of `kwf run` and `kwf start`, set in a
// properties file and in the environment; and the one message for each thing that can be wrong.

type Properties = Readonly<Record<string, string>>;

const folder = mkdtempSync(join(tmpdir(), "kwf-secured-"));
let cluster: TestCluster;
let stage: Stage;
let bundle: string;
let certificates: Certificates;
let endpoint: TokenEndpoint;
beforeAll(async () => {
  certificates = makeCertificates(folder);
  const { brokerKeyStore: keyStore, password, client: clients } = certificates;
  cluster = await createTestCluster({ secured: { keyStore, password, clients } });
  endpoint = await TokenEndpoint.open();
  stage = await Stage.open({ cluster });
  bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
}, 300_000);
afterAll(async () => {
  await stage?.close();
  await endpoint?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ways = {
  "TLS and a certificate": () => ({
    "bootstrap.servers": cluster.secured.tls[0]!,
    "security.protocol": "SSL",
    "ssl.ca.location": certificates.broker,
    "ssl.certificate.location": certificates.client,
    "ssl.key.location": certificates.clientKey,
  }),
  "TLS and a key store of Java's": () => ({
    "bootstrap.servers": cluster.secured.tls[0]!,
    "security.protocol": "SSL",
    "ssl.truststore.location": certificates.broker,
    "ssl.keystore.location": certificates.clientKeyStore,
    "ssl.keystore.password": certificates.password,
  }),
  PLAIN: () => named("PLAIN"),
  "SCRAM-SHA-256": () => {
    const { username, password } = cluster.sasl;
    const module = "org.apache.kafka.common.security.scram.ScramLoginModule";
    const jaas = `${module} required username="${username}" password="${password}";`;
    return { ...secured("SCRAM-SHA-256"), "sasl.jaas.config": jaas };
  },
  "SCRAM-SHA-512": () => named("SCRAM-SHA-512"),
  OAUTHBEARER: () => tokens(endpoint.url, endpoint.client.secret),
} satisfies Record<string, () => Properties>;

const secured = (mechanism: string) => ({
  "bootstrap.servers": cluster.secured.saslTls[0]!,
  "security.protocol": "SASL_SSL",
  "ssl.ca.location": certificates.broker,
  "sasl.mechanism": mechanism,
});

function named(mechanism: string, password: string = cluster.sasl.password): Properties {
  return { ...secured(mechanism), "sasl.username": cluster.sasl.username, "sasl.password": password };
}

const tokens = (url: string, secret: string): Properties => ({
  ...secured("OAUTHBEARER"),
  "sasl.oauthbearer.token.endpoint.url": url,
  "sasl.oauthbearer.client.id": endpoint.client.id,
  "sasl.oauthbearer.client.secret": secret,
});

let files = 0;
function asFile(properties: Properties): string {
  const file = join(folder, `${++files}.properties`);
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  return file;
}

const asEnvironment = (properties: Properties): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`KWF_${name.toUpperCase().replaceAll(".", "_")}`, value]),
  );

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  "%s: a thread is started and finished",
  {
    timeout: 120_000,
  },
  async (way) => {
    const properties = ways[way]();
    const thread = way.replaceAll(" ", "-");
    // Each way once from a file and once from the environment.
    const runner = stage.runWith(bundle, ["--properties", asFile(properties)]);
    const started = await kwfBeside(
      ["start", thread, "{}", "--json", "--prefix", stage.prefix],
      asEnvironment(properties),
    );
    expect(started).toMatchObject({ status: 0, stderr: "" });
    const { offset } = JSON.parse(started.stdout) as { offset: number };
    const [answer] = await stage.send([thread, `{"ref":"${offset}:greeting:1","value":"hello"}`]);
    await stage.passed(answer!);
    expect(lines(await stage.outputs("workflow-result"))).toContain(`${thread} {"greeting":"hello"}`);
    expect(await runner.stop()).toBe(0);
  },
);

/** Made when the test runs: addresses and files are known then. */
const wrong: Record<string, readonly [() => Properties, RegExp]> = {
  "the password, PLAIN": [() => named("PLAIN", "guessed"), /refused the credentials: .*Invalid username or password/],
  "the password, SCRAM-SHA-256": [() => named("SCRAM-SHA-256", "guessed"), /refused the credentials: .*invalid cred/],
  "the password, SCRAM-SHA-512": [() => named("SCRAM-SHA-512", "guessed"), /refused the credentials: .*invalid cred/],
  "the client's secret": [
    () => tokens(endpoint.url, "guessed"),
    /token gave no token: status 401 \(invalid_client\).*client\.secret right\?/,
  ],
  "the token: too old": [
    () => ({ ...secured("OAUTHBEARER"), "sasl.oauthbearer.token": token("kwf", -60) }),
    /refused the token: has it expired/,
  ],
  "the token: none": [() => ({ ...secured("OAUTHBEARER"), "sasl.oauthbearer.token": "nonsense" }), /refused the token/],
  "a mechanism that the broker does not offer": [
    () => ({
      ...named("SCRAM-SHA-256"),
      "security.protocol": "SASL_PLAINTEXT",
      "bootstrap.servers": cluster.sasl.brokers[0]!,
    }),
    /does not take this sasl\.mechanism/,
  ],
  "the broker's certificate: nobody's known": [
    () => ({ ...named("PLAIN"), "ssl.ca.location": "" }),
    /certificate of 127\.0\.0\.1:\d+ was not accepted: self-signed.*ssl\.ca\.location/,
  ],
  "the broker's certificate: signed by another": [
    () => ({ ...named("PLAIN"), "ssl.ca.location": anyAuthority() }),
    /was not accepted: self-signed.*ssl\.ca\.location/,
  ],
  "the broker's certificate: another name": [
    () => ({ ...named("PLAIN"), "ssl.server.name": "elsewhere" }),
    /was not accepted: .*elsewhere/,
  ],
  "no certificate of the client": [
    () => ({ ...ways["TLS and a certificate"](), "ssl.certificate.location": "", "ssl.key.location": "" }),
    /wants a certificate of this client that it trusts.*ssl\.certificate\.location/,
  ],
  "a certificate of the client that the broker does not trust": [
    () => ({
      ...ways["TLS and a certificate"](),
      "ssl.certificate.location": certificates.broker,
      "ssl.key.location": certificates.brokerKey,
    }),
    /wants a certificate of this client that it trusts/,
  ],
};

/** What waiting might mend is tried for a while. */
const unreachable: Record<string, readonly [() => Properties, RegExp]> = {
  "TLS where there is none": [
    () => ({ ...named("PLAIN"), "bootstrap.servers": cluster.sasl.brokers[0]! }),
    /security\.protocol the one of that port.*\[no-broker\]/,
  ],
  "no TLS where there is some": [
    () => ({ ...named("PLAIN"), "security.protocol": "SASL_PLAINTEXT" }),
    /security\.protocol the one of that port.*\[no-broker\]/,
  ],
  "no name where one is asked for": [
    () => ({ ...secured("PLAIN"), "security.protocol": "SSL" }),
    /security\.protocol the one of that port.*\[no-broker\]/,
  ],
  "nobody gives out tokens": [
    () => tokens("http://127.0.0.1:1/token", "x"),
    /127\.0\.0\.1:1\/token gave no token: .*\[no-token\]/,
  ],
};

function anyAuthority(): string {
  const file = join(folder, "authority.pem");
  writeFileSync(file, rootCertificates[0]!);
  return file;
}

/** One message, its code at the end, and nothing else. */
async function said(properties: Properties): Promise<string> {
  const patience = { "socket.connection.setup.timeout.ms": "5000" };
  const environment = asEnvironment({ ...patience, ...properties });
  const { status, stdout, stderr } = await kwfBeside(["start", "t", "--prefix", stage.prefix], environment);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return stderr;
}

describe("one thing is wrong, and that is what is said", () => {
  test.each(Object.entries(wrong))("%s", async (_, [properties, message]) => {
    expect(await said(properties())).toMatch(new RegExp(`${message.source}.*\\[wrong-credentials\\]`));
  });

  test("a key store's password", async () => {
    const key = { ...ways["TLS and a key store of Java's"](), "ssl.keystore.password": "guessed" };
    const { status, stderr } = await kwfBeside(["start", "t"], asEnvironment(key));
    expect(status).toBe(2);
    expect(stderr).toMatch(/ssl\.keystore\.location=\S+client\.p12\): mac verify failure.*\[bad-setting\]/);
  });

  test("a runner ends with it, and nothing was asked of the group", async () => {
    const runner = stage.runWith(bundle, ["--properties", asFile(named("SCRAM-SHA-512", "guessed"))]);
    expect((await runner.ended).code).toBe(1);
    expect(runner.text).toMatch(/refused the credentials.*\[wrong-credentials\]/);
    expect(runner.lines).toEqual([]);
  });
});

// Side by side: most of it is waiting.
describe.concurrent("what takes its time", () => {
  test.each(Object.entries(unreachable))("%s", async (_, [properties, message]) => {
    expect(await said(properties())).toMatch(message);
  });

  test("sessions that end are renewed, and nobody notices", { timeout: 120_000 }, async () => {
    const own = `${stage.prefix}renewed-`;
    const where = ["--brokers", stage.brokers, "--prefix", own];
    expect(await kwfBeside(["topics", "create", bundle, "--partitions", "1", ...where])).toMatchObject({ status: 0 });
    const runner = stage.runWith(
      bundle,
      ["--properties", asFile(tokens(endpoint.url, endpoint.client.secret)), "--prefix", own],
      { stateDirectory: join(folder, "renewed") },
    );
    await runner.ready();
    await sleep(SESSION_MS);
    await stage.log.produce([{ topic: `${own}workflow-resume`, key: "t", value: "new:{}" }]);
    while ((await stage.records(`${own}minimal-greeting-request`)).length === 0) await sleep(30);
    expect(await runner.health()).toMatchObject({ status: 200, body: { problems: [] } });
    expect(await runner.stop()).toBe(0);
    expect(runner.lines.filter(({ level }) => level !== "info")).toEqual([]);
  });
});
