// `kwf dlq ls|show|redrive`.

import {
  type DeadLetter,
  type DeadLetterFilter,
  NotRedriven,
  pageAfter,
  placeOf,
  type Redriven,
} from "../admin/dead-letters.js";
import type { Operator } from "../admin/operator.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { agree } from "../terminal/ask.js";
import { formatMoment } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, harmless, printTable } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

export async function listDeadLetters(
  filter: DeadLetterFilter,
  limit: number,
  json: boolean,
  flags: Flags,
): Promise<void> {
  await withOperator(flags, async (operator) => {
    const letters = await withProgress("reading dead letters", () => take(operator, filter, limit + 1));
    const page = letters.slice(0, limit);
    if (json) for (const letter of page) console.log(JSON.stringify(letter));
    else if (page.length > 0) printTable(["ID", "AT", "REASON", "THREAD", "FROM", "VALUE"], page.map(row));
    const more = letters.length > limit ? `; older ones: --before ${pageAfter(page, filter.before).join(",")}` : "";
    console.error(`${count(page.length, "dead letter")}${more}`);
  });
}

const row = (letter: DeadLetter): string[] => [
  letter.id,
  formatMoment(letter.at),
  letter.reason,
  letter.key ?? "",
  origin(letter),
  letter.reference === null ? (letter.value ?? "") : `only a reference: ${letter.reference.bytes} bytes`,
];

const origin = ({ topic, partition, offset }: DeadLetter): string =>
  topic === null ? "unknown" : `${topic}-${partition}:${offset}`;

export async function showDeadLetter(id: string, json: boolean, flags: Flags): Promise<void> {
  checkId(id);
  await withOperator(flags, async (operator) => {
    const letter = await operator.deadLetter(id);
    if (letter === undefined) throw new UsageError(`there is no dead letter ${id}, or not any more`, ExitCode.failed);
    if (json) console.log(JSON.stringify(letter));
    else console.log(described(letter).join("\n"));
  });
}

function described(letter: DeadLetter): string[] {
  const { id, at, reason, message, topic, partition, offset, run, key, value, encoding, headers, reference, redriven } =
    letter;
  const from = topic === null ? "where it came from is not known" : `from ${topic}-${partition} offset ${offset}`;
  const lines = [`${id}: ${reason}, ${formatMoment(at)}, ${from}`, `  ${harmless(message)}`];
  if (run !== null) lines.push(`  run: ${run}`);
  if (redriven !== null) lines.push(`  was redriven before, as ${redriven}`);
  lines.push(`  key${encoding.key === undefined ? "" : " (base64)"}: ${key === null ? "none" : harmless(key)}`);
  for (const [name, text] of Object.entries(headers)) lines.push(`  header ${harmless(name)}: ${harmless(text)}`);
  if (reference === null)
    lines.push(
      `  value${encoding.value === undefined ? "" : " (base64)"}: ${value === null ? "none" : harmless(value)}`,
    );
  else
    lines.push(
      `  only a reference: its ${reference.bytes} bytes (sha256 ${reference.sha256}) did not fit, and are where it came from`,
    );
  return lines;
}

export interface RedriveOptions {
  readonly filter: DeadLetterFilter;
  readonly limit: number | undefined;
  readonly all: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

const AT_ONCE = 200;

export async function redriveDeadLetters(ids: readonly string[], options: RedriveOptions, flags: Flags): Promise<void> {
  const { filter, limit, all, yes, json } = options;
  const filtered = Object.keys(filter).length > 0 || all;
  if (ids.length > 0 && filtered) throw new UsageError("either ids of dead letters or a filter, not both");
  if (ids.length === 0 && !filtered)
    throw new UsageError("which dead letters? Name them (kwf dlq ls), say which with a filter, or say --all");
  for (const id of ids) checkId(id);
  await withOperator(flags, async (operator) => {
    const letters = await withProgress("reading dead letters", () =>
      filtered ? take(operator, filter, limit ?? Number.POSITIVE_INFINITY) : byName(operator, ids),
    );
    const { whole, references } = parted(letters);
    if (references.length > 0) {
      console.error(
        `${count(references.length, "dead letter")} left out, only references to records that did not fit: ${some(references.map(({ id }) => id))}`,
      );
      if (!filtered) process.exitCode = ExitCode.failed;
    }
    if (whole.length === 0) return void console.error(`${count(0, "dead letter")} to redrive`);
    const topics = [...new Set(whole.map(({ topic }) => topic))].join(", ");
    await agree(
      `redrive ${count(whole.length, "dead letter")} to ${topics} (${some(whole.map(({ id }) => id))})?`,
      yes,
    );
    const written = await redriveAll(operator, whole);
    if (json) for (const one of written) console.log(JSON.stringify(one));
    else
      for (const { id, topic, partition, offset } of written)
        console.log(`${id}: ${topic}-${partition} offset ${offset}`);
  });
}

/** In the order in which they became dead letters. */
async function redriveAll(operator: Operator, newestFirst: readonly DeadLetter[]): Promise<Redriven[]> {
  const ids = newestFirst.map(({ id }) => id).reverse();
  const written: Redriven[] = [];
  try {
    await withProgress("redriving", async ({ say }) => {
      for (let next = 0; next < ids.length; next += AT_ONCE) {
        written.push(...(await operator.redrive(ids.slice(next, next + AT_ONCE))));
        say(`redriving: ${written.length} of ${ids.length}`);
      }
    });
  } catch (error) {
    if (!(error instanceof NotRedriven)) throw error;
    throw new UsageError(
      `${error.message}. ${count(written.length, "dead letter")} redriven before that`,
      ExitCode.failed,
    );
  }
  return written;
}

async function byName(operator: Operator, ids: readonly string[]): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for (const id of new Set(ids)) {
    const letter = await operator.deadLetter(id);
    if (letter === undefined)
      throw new UsageError(`there is no dead letter ${id}, or not any more: nothing is done`, ExitCode.failed);
    found.push(letter);
  }
  return found.sort((a, b) => b.at - a.at);
}

function parted(letters: readonly DeadLetter[]) {
  return {
    whole: letters.filter(({ reference }) => reference === null),
    references: letters.filter(({ reference }) => reference !== null),
  };
}

async function take(operator: Operator, filter: DeadLetterFilter, most: number): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of operator.deadLetters(filter)) {
    found.push(letter);
    if (found.length >= most) break;
  }
  return found;
}

const some = (all: readonly string[]): string => all.slice(0, 5).join(", ") + (all.length > 5 ? ", …" : "");

/** Throws UsageError. */
export function checkId(id: string): void {
  if (placeOf(id) === undefined)
    throw new UsageError(
      `${JSON.stringify(id)} is no id of a dead letter: <partition>:<offset>, as \`kwf dlq ls\` prints it`,
    );
}
