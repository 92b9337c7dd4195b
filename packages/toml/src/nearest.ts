/** The one of `known` that `text` was probably meant to be; `undefined` where none is near. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((word) => ({ word, distance: distance(text, word) }))
    .toSorted((one, other) => one.distance - other.distance);
  return best !== undefined && best.distance <= Math.max(2, text.length / 3) ? best.word : undefined;
}

/** Levenshtein's: how many letters to put in, take out or change. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of one.split("").entries()) {
    const next = [i + 1];
    for (const [j, mate] of other.split("").entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === mate ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
