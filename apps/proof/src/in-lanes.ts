/** Does `work` in two lanes side by side. Where one fails, the other is waited for, so that it leaves nothing behind. */
export async function inLanes<Result>(work: (lane: 0 | 1) => Promise<Result>): Promise<readonly Result[]> {
  const lanes = [work(0), work(1)];
  await Promise.allSettled(lanes);
  return await Promise.all(lanes);
}
