/**
 * Milliseconds of a duration in Go's words: numbers with units, `1m30s`, `1.5h`, `500ms`; `undefined` where it is none, is
 * negative, or is longer than a timer can wait.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!wellFormed.test(text)) return undefined;
  let milliseconds = 0;
  for (const { groups } of text.matchAll(/(?<count>[0-9.]+)(?<unit>[^0-9.]+)/g)) {
    milliseconds += Number(groups?.["count"]) * (unitMilliseconds.get(groups?.["unit"] ?? "") ?? Number.NaN);
  }
  return milliseconds <= longestTimer ? Math.ceil(milliseconds) : undefined;
}

const wellFormed = /^(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

const unitMilliseconds: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3], // U+00B5
  ["μs", 1e-3], // U+03BC
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Timers count in 32 bits, some 24 days. */
const longestTimer = 2 ** 31 - 1;
