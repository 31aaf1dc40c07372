import { doubtConformance } from "../doubt.js";
import { fencingConformance } from "../fencing.js";
import { groupOffsetsConformance } from "../group-offsets.js";
import { groupsConformance } from "../groups.js";
import { producingConformance } from "../producing.js";
import { readingConformance } from "../reading.js";
import { topicsConformance } from "../topics.js";
import { transactionsConformance } from "../transactions.js";
import { embeddedUnderTest } from "./embedded-under-test.js";

topicsConformance(embeddedUnderTest);
readingConformance(embeddedUnderTest);
transactionsConformance(embeddedUnderTest);
fencingConformance(embeddedUnderTest);
doubtConformance(embeddedUnderTest);
producingConformance(embeddedUnderTest);
groupsConformance(embeddedUnderTest);
groupOffsetsConformance(embeddedUnderTest);
