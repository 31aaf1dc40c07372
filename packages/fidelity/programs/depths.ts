/** How many calls of async functions can be on the stack at once, for functions of several shapes. */
export async function depths(): Promise<number[]> {
  let depth = 0;
  const plain = async (n: number): Promise<void> => {
    depth = n;
    await plain(n + 1);
  };
  const withLocals = async (n: number): Promise<number> => {
    depth = n;
    const next = n + 1;
    const below = await withLocals(next);
    return below + next;
  };
  const withFinally = async (n: number): Promise<number> => {
    depth = n;
    try {
      return await withFinally(n + 1);
    } finally {
      depth += 0;
    }
  };
  const reached: number[] = [];
  for (const recurse of [plain, withLocals, withFinally]) {
    await recurse(0).catch(() => {});
    reached.push(depth);
  }
  return reached;
}
