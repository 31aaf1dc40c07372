export { type Channel, channel } from "./channel.js";
export { type ReadRequest, type ReplyTo, type RequestRecord, readRequest } from "./request-record.js";
export { type Address, addressOf, cancel, reject, resume } from "./resume.js";
export { sleep } from "./sleep.js";
export {
  type AnySchema,
  InvalidMessageError,
  parsed,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from "./standard-schema.js";
export { TimeoutError, timeout } from "./timeout.js";
export { type RequestOptions, type SendOptions, type Topic, topic } from "./topic.js";
