import type { TopicPartition } from "./log.js";

/** What a log can answer. `code` is stable; the message is for people. */
export abstract class LogError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Nobody answered, or the answer was lost: whether the request had an effect is not known. */
export class LogUnreachable extends LogError {
  readonly code: string = "log-unreachable";
}

/** Who gives out tokens gave none: it does not answer, or it refuses. Kafka itself was not asked. */
export class NoToken extends LogUnreachable {
  override readonly code = "no-token";
}

/** The cluster answered that it cannot do this at the moment; the request had no effect. */
export class LogUnavailable extends LogError {
  readonly code = "log-unavailable";
}

export class WrongCredentials extends LogError {
  readonly code = "wrong-credentials";
}

export class NotAuthorized extends LogError {
  readonly code = "not-authorized";
  constructor(
    message: string,
    readonly resource: { readonly kind: "topic" | "group" | "transactional id" | "cluster"; readonly name: string },
  ) {
    super(message);
  }
}

export class TopicMissing extends LogError {
  readonly code = "topic-missing";
  constructor(
    message: string,
    readonly topic: string,
  ) {
    super(message);
  }
}

export class TopicExists extends LogError {
  readonly code = "topic-exists";
  constructor(readonly topic: string) {
    super(`topic ${topic} exists already`);
  }
}

/** A setting, name or number that the cluster refuses; its own words are in the message. */
export class RequestRefused extends LogError {
  readonly code = "request-refused";
}

/** Another producer of the same transactional id came after this one, or the log gave the transaction up for its age. */
export class ProducerFenced extends LogError {
  readonly code = "producer-fenced";
}

/** This producer is over (log.ts, I1); `cause` is what ended it. */
export class ProducerEnded extends LogError {
  readonly code = "producer-ended";
}

/** The log will not take a record, today or tomorrow. */
export class RecordRefused extends LogError {
  readonly code = "record-refused";
  constructor(
    message: string,
    readonly where: TopicPartition,
  ) {
    super(message);
  }
}

export class RecordTooLarge extends LogError {
  readonly code = "record-too-large";
  constructor(
    message: string,
    readonly where: TopicPartition,
    /** Of the records that were given. */
    readonly index: number,
  ) {
    super(message);
  }
}

/** The position is not in the log: retention overtook it, or the topic was made anew. */
export class OffsetOutOfRange extends LogError {
  readonly code = "offset-out-of-range";
  constructor(
    readonly where: TopicPartition,
    readonly offset: number,
    readonly start: number,
    readonly end: number,
    /** The name stands for another topic now: whatever the numbers are, they count other records. */
    replaced = false,
  ) {
    super(
      `${where.topic}-${where.partition} has records from offset ${start} to ${end}, and the next one to read is ${offset}: ${
        replaced
          ? "the topic was made anew"
          : offset < start
            ? `records ${offset} to ${start - 1} are lost (retention)`
            : "the topic was made anew or truncated"
      }`,
    );
  }
}

/** A batch that cannot be read: its checksum is wrong, or it is written in a way this client does not know. */
export class RecordUnreadable extends LogError {
  readonly code = "record-unreadable";
}

/** The generation is over: the group has gone on. */
export class GenerationOver extends LogError {
  readonly code = "generation-over";
}

export class LogClosed extends LogError {
  readonly code = "log-closed";
}

/** Asking again may help; with LogUnreachable the first time may have had its effect. */
export function mayPass(error: unknown): boolean {
  return error instanceof LogUnreachable || error instanceof LogUnavailable;
}
