import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionSettings } from "./connection.js";
import { badSetting, Settings } from "./settings.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-settings-"));
  file = join(folder, "kwf.properties");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const connection = (properties: Record<string, string>) => {
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  );
  return connectionSettings(new Settings({ properties: file }, {}));
};

test("a flag before the environment before the file before the default", () => {
  writeFileSync(file, "state.dir=file\ngroup=file\nprefix=file\n");
  const settings = new Settings({ properties: file, stateDir: "flag" }, { KWF_STATE_DIR: "env", KWF_GROUP: "env" });
  expect(["state.dir", "group", "prefix", "config"].map((name) => settings.text(name, "default"))).toEqual([
    "flag",
    "env",
    "file",
    "default",
  ]);
});

test("Kafka's name for the brokers is the same setting", () => {
  expect(connection({ "bootstrap.servers": "a:1, b:2" }).brokers).toEqual(["a:1", "b:2"]);
  const settings = new Settings({}, { KWF_BOOTSTRAP_SERVERS: "c:3" });
  expect(connectionSettings(settings).brokers).toEqual(["c:3"]);
});

test("what makes no sense names the setting and its three places", () => {
  const settings = new Settings({ maxHeld: "many", createTopics: "maybe" }, {});
  expect(() => settings.number("max.held", 1)).toThrow(/max\.held is "many".*--max-held, KWF_MAX_HELD or max\.held=/);
  // Of the connection there are no flags.
  expect(badSetting("security.protocol", "x", "y").message).toMatch(/\(KWF_SECURITY_PROTOCOL or security\.protocol=/);
  expect(() => settings.flag("create.topics")).toThrow(/true or false/);
  expect(() => new Settings({ properties: join(folder, "none") }, {})).toThrow(/cannot read the properties file/);
});

describe("the connection", () => {
  test("plain text, if nothing is said", () => {
    expect(connection({})).toMatchObject({ brokers: ["localhost:9092"] });
    expect(connection({}).tls).toBeUndefined();
    expect(connection({}).sasl).toBeUndefined();
  });

  test("TLS with the authorities of a file", () => {
    writeFileSync(join(folder, "ca"), rootCertificates.slice(0, 2).join("\n"));
    const { tls, sasl } = connection({ "security.protocol": "SSL", "ssl.ca.location": join(folder, "ca") });
    expect(tls).toEqual({ ca: Buffer.from(rootCertificates.slice(0, 2).join("\n")) });
    expect(sasl).toBeUndefined();
  });

  test("a file that is none of its kind is refused where it is named", () => {
    writeFileSync(join(folder, "text"), "no certificate");
    const refused = (setting: string, file: string) => {
      expect(() => connection({ "security.protocol": "SSL", [setting]: join(folder, file) })).toThrow(setting);
    };
    refused("ssl.ca.location", "nowhere");
    refused("ssl.ca.location", "text");
    refused("ssl.truststore.location", "text");
    refused("ssl.certificate.location", "text");
    refused("ssl.keystore.location", "text");
  });

  test.each(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])(
    "%s with name and password, or as Java has it",
    (mechanism) => {
      const expected = { mechanism: mechanism.toLowerCase(), username: "u", password: 'p"w' };
      const common = { "security.protocol": "SASL_SSL", "sasl.mechanism": mechanism };
      expect(connection({ ...common, "sasl.username": "u", "sasl.password": 'p"w' }).sasl).toEqual(expected);
      const jaas = 'org.example.Module required username="u" password="p\\\\"w";';
      expect(connection({ ...common, "sasl.jaas.config": jaas }).sasl).toEqual(expected);
      expect(() => connection(common)).toThrow(/needs sasl\.username and sasl\.password/);
    },
  );

  test("OAUTHBEARER with a token, or with where to get one", async () => {
    const common = { "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER" };
    const { sasl } = connection({ ...common, "sasl.oauthbearer.token": "abc" });
    expect(sasl?.mechanism === "oauthbearer" && (await sasl.oauthBearerProvider())).toEqual({ value: "abc" });
    expect(() => connection(common)).toThrow(/OAUTHBEARER needs/);
    const nowhere = { "sasl.oauthbearer.token.file": join(folder, "none") };
    expect(() => connection({ ...common, ...nowhere })).toThrow(/token\.file is .*ENOENT/);
    const client = { "sasl.oauthbearer.client.id": "a", "sasl.oauthbearer.client.secret": "b" };
    const nonsense = { ...client, "sasl.oauthbearer.token.endpoint.url": "nonsense" };
    expect(() => connection({ ...common, ...nonsense })).toThrow(/endpoint\.url is "nonsense", expected a URL/);
  });

  test("unknown words are refused with the known ones", () => {
    expect(() => connection({ "security.protocol": "TLS" })).toThrow(/SASL_PLAINTEXT or SASL_SSL/);
    expect(() => connection({ "security.protocol": "SASL_SSL", "sasl.mechanism": "GSSAPI" })).toThrow(/SCRAM-SHA-512/);
  });
});
