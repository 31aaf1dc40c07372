// A list of threads as the lines of an answer: a thread a line, as many as there are. The last line says that the list is whole.

import { type AdminClient, AdminUnreachable, lineOf } from "../admin-client.js";
import { ListedThread } from "../listed-thread.js";

const END = JSON.stringify({ end: true });

export async function* threadLines(threads: AsyncIterable<readonly ListedThread[]>): AsyncGenerator<string> {
  for await (const some of threads) if (some.length > 0) yield some.map(({ text }) => text).join("\n");
  yield END;
}

/** Throws AdminRefused, AdminUnreachable; a list that is not whole is one that broke off. */
export async function* readThreadLines(
  client: AdminClient,
  path: string,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<readonly ListedThread[]> {
  for await (const lines of client.texts(path, { query })) {
    const threads = lines.filter((line) => line.startsWith('{"thread":'));
    yield threads.map((text) => new ListedThread(text));
    const last = lines.at(-1);
    if (threads.length < lines.length && last === END) return;
    if (threads.length < lines.length) lineOf(last!);
  }
  throw new AdminUnreachable(`the answer of ${client.url} broke off`);
}
