// What the error codes of Kafka mean to the port (kafka.apache.org/protocol "Error Codes").

import {
  LogError,
  LogUnavailable,
  LogUnreachable,
  NotAuthorized,
  ProducerFenced,
  RecordRefused,
  RequestRefused,
  TopicMissing,
  WrongCredentials,
} from "../errors.js";
import type { TopicPartition } from "../log.js";
import { errorOfCode } from "./kafkajs.js";

export const Code = {
  none: 0,
  offsetOutOfRange: 1,
  corrupt: 2,
  topicMissing: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  recordTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  inconsistentProtocol: 23,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicNotAuthorized: 29,
  groupNotAuthorized: 30,
  clusterNotAuthorized: 31,
  invalidTimestamp: 32,
  illegalSaslState: 34,
  topicExists: 36,
  policyViolation: 44,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  transactionalIdNotAuthorized: 53,
  operationNotAttempted: 55,
  saslAuthenticationFailed: 58,
  unknownProducer: 59,
  groupMissing: 69,
  memberIdRequired: 79,
  invalidRecord: 87,
  producerFenced: 90,
} as const;

/** The broker said that it did nothing and that asking again may help. */
const unavailable = new Set<number>([
  Code.leaderNotAvailable,
  Code.notLeader,
  9, // REPLICA_NOT_AVAILABLE
  Code.coordinatorLoading,
  Code.coordinatorNotAvailable,
  Code.notCoordinator,
  19, // NOT_ENOUGH_REPLICAS
  41, // NOT_CONTROLLER
  Code.concurrentTransactions,
  56, // KAFKA_STORAGE_ERROR
  60, // REASSIGNMENT_IN_PROGRESS
  72, // LISTENER_NOT_FOUND
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
  88, // UNSTABLE_OFFSET_COMMIT
  89, // THROTTLING_QUOTA_EXCEEDED
  100, // UNKNOWN_TOPIC_ID
  103, // INCONSISTENT_TOPIC_ID
]);
/** The broker does not know how it ended. */
const unknown = new Set<number>([
  -1, 7 /* REQUEST_TIMED_OUT */, 13 /* NETWORK_EXCEPTION */, 20 /* NOT_ENOUGH_REPLICAS_AFTER_APPEND */,
]);
const refusedRecord = new Set<number>([
  Code.corrupt,
  Code.recordTooLarge,
  Code.recordListTooLarge,
  Code.invalidTimestamp,
  43, // UNSUPPORTED_FOR_MESSAGE_FORMAT
  Code.policyViolation,
  76, // UNSUPPORTED_COMPRESSION_TYPE
  Code.invalidRecord,
]);

/** What an answer was about. */
export interface Subject {
  /** `read`, `write`, `fence`: begins the message. */
  readonly action: string;
  readonly where?: TopicPartition | undefined;
  readonly topic?: string | undefined;
  readonly group?: string | undefined;
  readonly transactionalId?: string | undefined;
  /** The broker's own words. */
  readonly detail?: string | null | undefined;
}

/** The error for a code other than `none`. */
export function answerError(code: number, subject: Subject): LogError {
  const { type, message } =
    code === Code.producerFenced ? { type: "PRODUCER_FENCED", message: "fenced" } : errorOfCode(code);
  const known = type === "KAFKAJS_UNKNOWN_ERROR_CODE" ? `error ${code}` : type;
  const words = subject.detail || (known === type ? message : "");
  const { where, topic = where?.topic } = subject;
  const object = where
    ? `${where.topic}-${where.partition}`
    : (topic ?? subject.group ?? subject.transactionalId ?? "");
  const text = `cannot ${subject.action}${object && !subject.action.includes(object) ? ` ${object}` : ""}: ${known}${words ? ` (${words})` : ""}`;

  if (code === Code.topicMissing) return new TopicMissing(topic ? `topic ${topic} does not exist` : text, topic ?? "");
  if (unavailable.has(code)) return new LogUnavailable(text);
  if (unknown.has(code)) return new LogUnreachable(text);
  switch (code) {
    case Code.invalidProducerEpoch:
    case Code.invalidProducerIdMapping:
    case Code.producerFenced:
      return new ProducerFenced(
        `${subject.transactionalId ?? "this producer"} was fenced (${known}): another producer of that id came, or its transaction timed out`,
      );
    case Code.topicNotAuthorized:
      return forbidden(subject, "topic", topic);
    case Code.groupNotAuthorized:
      return forbidden(subject, "group", subject.group);
    case Code.transactionalIdNotAuthorized:
      return forbidden(subject, "transactional id", subject.transactionalId);
    case Code.clusterNotAuthorized:
      return forbidden(subject, "cluster", "");
    case Code.saslAuthenticationFailed:
    case Code.illegalSaslState:
      return new WrongCredentials(text);
  }
  if (refusedRecord.has(code) && where) return new RecordRefused(text, where);
  return new RequestRefused(text);
}

/** The operation that a request needs (kafka.apache.org/documentation, "Authorization and ACLs"). */
const OPERATIONS: readonly (readonly [begins: string, operation: string])[] = [
  ["read the offsets", "Describe"],
  ["commit the offset", "Read"],
  ["write without a transaction", "IdempotentWrite"],
  ["read", "Read"],
  ["write", "Write"],
  ["fence", "Write"],
  ["commit", "Write"],
  ["abort", "Write"],
  ["create", "Create"],
  ["describe the settings", "DescribeConfigs"],
  ["describe", "Describe"],
  ["find the offsets", "Describe"],
  ["find the coordinator", "Describe"],
  ["join", "Read"],
  ["heartbeat", "Read"],
];

function forbidden({ action }: Subject, kind: NotAuthorized["resource"]["kind"], name = ""): NotAuthorized {
  const operation = OPERATIONS.find(([begins]) => action.startsWith(begins))?.[1] ?? "Describe";
  const rule = `--operation ${operation} --${kind.replace(" ", "-")}${name === "" ? "" : ` ${name}`}`;
  const object = kind === "cluster" ? "" : action.endsWith(kind) ? ` ${name}` : ` ${kind} ${name}`;
  return new NotAuthorized(`not allowed to ${action}${object} (it needs: kafka-acls.sh --add … ${rule})`, {
    kind,
    name,
  });
}

/** Throws unless the code is `none`. */
export function expectNone(code: number, subject: Subject): void {
  if (code !== Code.none) throw answerError(code, subject);
}

/** What a connection of kafkajs throws, in the port's words. `address` is whom it spoke to. */
export function connectionError(error: unknown, address: string): Error {
  if (error instanceof LogError) return error;
  const { name, message, code } = error as Error & { code?: string | number };
  if (name === "KafkaJSSASLAuthenticationError" || code === Code.saslAuthenticationFailed) {
    return new WrongCredentials(`${address} refused the credentials: ${message}`, { cause: error });
  }
  if (name === "KafkaJSProtocolError" && (code === 33 || code === 34)) {
    return new WrongCredentials(`${address} does not take this sasl.mechanism: ${message}`, { cause: error });
  }
  // An alert is what the other side says of this one.
  const alert = /alert ((?:bad |unsupported |no )?certificate[a-z ]*|handshake failure|unknown ca|access denied)/.exec(
    message,
  )?.[1];
  if (alert !== undefined) {
    return new WrongCredentials(
      `${address} wants a certificate of this client that it trusts (TLS alert "${alert}"): ssl.certificate.location and ssl.key.location, or ssl.keystore.location`,
      { cause: error },
    );
  }
  if (/wrong version number|packet length too long|unsupported protocol/i.test(message)) {
    return new LogUnreachable(`${address} does not speak TLS on that port`, { cause: error });
  }
  if (/self.signed|unable to (get|verify)/i.test(message)) {
    return new WrongCredentials(
      `the TLS certificate of ${address} was not accepted: ${message}; ssl.ca.location names the PEM file of who signed it`,
      { cause: error },
    );
  }
  if (/certificate/i.test(message)) {
    return new WrongCredentials(`the TLS certificate of ${address} was not accepted: ${message}`, { cause: error });
  }
  return new LogUnreachable(`${address}: ${message}`, { cause: error });
}
