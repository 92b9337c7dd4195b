/**
 * The answers of `work`, each counting for so many milliseconds without asking again. Those who ask while an answer is made share
 * it; a failure counts for nobody later.
 */
export function briefly<Result>(
  work: (key: string) => Promise<Result>,
  milliseconds: number,
): (key: string) => Promise<Result> {
  const known = new Map<string, { readonly until: number; readonly answer: Promise<Result> }>();
  return (key) => {
    const now = performance.now();
    const before = known.get(key);
    if (before !== undefined && now < before.until) return before.answer;
    for (const [old, { until }] of known) if (until <= now) known.delete(old);
    const answer = work(key);
    known.set(key, { until: now + milliseconds, answer });
    answer.catch(() => known.delete(key));
    return answer;
  };
}
