// Lines of an answer that takes as long as it takes: what is told on the way, as soon as it is, then what it comes to.

/** JSON texts. What `work` returns is the last one; what it throws ends them. */
export async function* waited(work: (tell: (line: object) => void) => Promise<object>): AsyncGenerator<string> {
  const told: string[] = [];
  let wake = () => {};
  let over = false;
  const done = work((line) => {
    told.push(JSON.stringify(line));
    wake();
  }).finally(() => {
    over = true;
    wake();
  });
  // It is awaited below, once everything has been said.
  done.catch(() => {});
  while (!over || told.length > 0) {
    const line = told.shift();
    if (line !== undefined) yield line;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  yield JSON.stringify(await done);
}
