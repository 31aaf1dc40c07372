// What @kwf/client is made of: the log on Kafka, and what the runner knows of its records. For that package alone; it follows no version of
// its own.

export { controlValue, startValue } from "./admin/record-value.js";
export { type OutcomeOptions, RunJudge, type RunOutcome, SIGNS, type Sign } from "./admin/run-judge.js";
export { LogClosed, OffsetOutOfRange, TopicMissing } from "./log/errors.js";
export { Gate } from "./log/gate.js";
export { KafkaLog } from "./log/kafka/kafka-log.js";
export {
  type Assignment,
  type Log,
  type LogRecord,
  type NewRecord,
  type PartitionReader,
  partitionKey,
  type TopicPartition,
  type TransactionalProducer,
} from "./log/log.js";
export { partitionOf } from "./log/partitioner.js";
export { Names } from "./names.js";
export { Problem } from "./problem.js";
export { deadLetter, letterHeaders } from "./records/dead-letter.js";
export { LetterRefusals, type Refusal } from "./records/letter-refusals.js";
export { GroupTasks, type GroupTasksOptions } from "./runner/group-tasks.js";
export { connectionSettings } from "./settings/connection.js";
export { type Flags, Settings } from "./settings/settings.js";
export { faultPoint } from "./task/faults.js";
export { Lives } from "./task/lives.js";
export { inputOf, isUnreadable } from "./threads/input.js";
export { TopicTable } from "./topics/topic-table.js";
