import { vi } from "vitest";
import { doubtConformance } from "../doubt.js";
import { fencingConformance } from "../fencing.js";
import { groupOffsetsConformance } from "../group-offsets.js";
import { groupsConformance } from "../groups.js";
import { producingConformance } from "../producing.js";
import { readingConformance } from "../reading.js";
import { topicsConformance } from "../topics.js";
import { transactionsConformance } from "../transactions.js";
import { kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

topicsConformance(kafkaUnderTest);
readingConformance(kafkaUnderTest);
transactionsConformance(kafkaUnderTest);
fencingConformance(kafkaUnderTest);
doubtConformance(kafkaUnderTest);
producingConformance(kafkaUnderTest);
groupsConformance(kafkaUnderTest);
groupOffsetsConformance(kafkaUnderTest);
