// Names, passwords and permissions.

import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from "kafkajs";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { NotAuthorized, WrongCredentials } from "../../errors.js";
import { KafkaLog } from "../../kafka/kafka-log.js";
import type { SaslSettings } from "../../kafka/settings.js";
import { Bench, eventually, record, valuesOf } from "../log-under-test.js";
import { type KafkaUnderTest, kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

describe("credentials", () => {
  const bench = new Bench(kafkaUnderTest);
  let under: KafkaUnderTest;
  let open: KafkaLog[] = [];
  beforeAll(() => {
    under = bench.under as KafkaUnderTest;
  });
  afterEach(async () => {
    await Promise.all(open.map((log) => log.close()));
    open = [];
  });

  function named(sasl: Partial<SaslSettings & { password: string }> = {}): KafkaLog {
    const { brokers, username, password } = under.cluster.sasl;
    const log = new KafkaLog({ brokers, sasl: { mechanism: "plain", username, password, ...sasl } as SaslSettings });
    open.push(log);
    return log;
  }

  /** What a rule names at all is forbidden but for what others allow. */
  async function deny(
    resourceType: AclResourceTypes,
    resourceName: string,
    operation: AclOperationTypes,
    permissionType = AclPermissionTypes.DENY,
  ): Promise<() => Promise<void>> {
    const acl = {
      resourceType,
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${under.cluster.sasl.username}`,
      host: "*",
      operation,
      permissionType,
    };
    await under.admin.createAcls({ acl: [acl] });
    return async () => {
      await under.admin.deleteAcls({ filters: [acl] });
    };
  }

  test("the right ones read and write", async () => {
    const log = named();
    const topic = await bench.topic(log);
    const transaction = (await log.fence(under.unique("id"))).begin();
    transaction.send([record(topic, "x")]);
    await transaction.commit();
    expect(await valuesOf(log, topic)).toEqual(["x"]);
  });

  test("the wrong password is an error at once, not a reason to try again", async () => {
    const log = named({ password: "guess" });
    await expect(log.clusterId()).rejects.toBeInstanceOf(WrongCredentials);
    await expect(log.fence("id")).rejects.toThrow(
      new RegExp(`${under.cluster.sasl.brokers[0]} refused the credentials`),
    );
  });

  test("a mechanism the broker does not offer is not a reason to try again", async () => {
    await expect(named({ mechanism: "scram-sha-512" }).clusterId()).rejects.toThrow(/SASL mechanism/);
  });

  test("no credentials where some are needed", async () => {
    const log = new KafkaLog({ brokers: under.cluster.sasl.brokers, operationTimeoutMs: 0, requestTimeoutMs: 2_000 });
    open.push(log);
    await expect(log.clusterId()).rejects.toMatchObject({ code: "log-unreachable" });
  });

  test("a topic that may not be written names itself, in a transaction and without", async () => {
    const log = named();
    const [allowed, forbidden] = [await bench.topic(log), await bench.topic(log)];
    await deny(AclResourceTypes.TOPIC, forbidden, AclOperationTypes.DESCRIBE, AclPermissionTypes.ALLOW);
    await deny(AclResourceTypes.TOPIC, forbidden, AclOperationTypes.WRITE);
    const resource = { kind: "topic", name: forbidden };
    const refused = await eventually(() => refusal(log.produce([record(forbidden, "x")])));
    expect(refused.resource).toEqual(resource);
    const producer = await log.fence(under.unique("id"));
    const transaction = producer.begin();
    transaction.send([record(allowed, "y"), record(forbidden, "y")]);
    await expect(transaction.commit()).rejects.toMatchObject({ code: "not-authorized", resource });
    expect(producer.ended).toBeInstanceOf(NotAuthorized);
    expect(await log.produce([record(allowed, "z")])).toMatchObject([{ topic: allowed }]);
    expect((await valuesOf(log, allowed)).filter((value) => value !== "z")).toEqual([]);
  });

  test("a transactional id and a group that may not be used name themselves", async () => {
    const log = named();
    const topic = await bench.topic(log);
    const [id, group] = [under.unique("id"), under.unique("group")];
    await deny(AclResourceTypes.TRANSACTIONAL_ID, id, AclOperationTypes.WRITE);
    await deny(AclResourceTypes.GROUP, group, AclOperationTypes.READ);
    const refused = await eventually(() => refusal(log.fence(id)));
    expect(refused.resource).toEqual({ kind: "transactional id", name: id });
    const failed = await new Promise<Error>((resolve) => {
      log.join({
        group,
        topics: [topic],
        listener: { rebalancing: async () => {}, assigned: async () => {}, failed: resolve },
      });
    });
    expect(failed).toMatchObject({ code: "not-authorized", resource: { kind: "group", name: group } });
  });

  test("a reader that may not read waits until it may, and says so", async () => {
    const log = named();
    const topic = await bench.topic(log);
    await log.produce([record(topic, "x")]);
    const allow = await deny(AclResourceTypes.TOPIC, topic, AclOperationTypes.READ);
    const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
    const values: string[] = [];
    // The broker learns of a rule in its own time: read until it refuses.
    let refused = false;
    const reading = (async () => {
      while (!refused || values.length === 0) {
        reader.seek(0);
        for (const { value } of (await reader.read()).records) if (refused) values.push(`${value}`);
      }
    })();
    await eventually(() => log.troubles().find(({ error }) => error instanceof NotAuthorized));
    refused = true;
    expect(log.troubles()[0]).toMatchObject({ what: `read ${topic}-0`, error: { code: "not-authorized" } });
    await allow();
    await reading;
    expect(values).toContain("x");
  });
});

async function refusal(work: Promise<unknown>): Promise<NotAuthorized | undefined> {
  const error = await work.catch((error) => error);
  return error instanceof NotAuthorized ? error : undefined;
}
