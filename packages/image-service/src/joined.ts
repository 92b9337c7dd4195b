/**
 * Does `work` for every item at once. The first failure stops the others by their signal; all are waited for, so that
 * nothing goes on behind the caller's back, and then that first failure is thrown.
 */
export async function joined<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  outer: AbortSignal | undefined,
): Promise<readonly Result[]> {
  const failed = new AbortController();
  const signal = outer === undefined ? failed.signal : AbortSignal.any([outer, failed.signal]);
  const results = items.map((item) => work(item, signal));
  try {
    return await Promise.all(results);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(results);
    throw error;
  }
}
