/** Bytes: a whole number with `B`, `KiB`, `MiB`, `GiB` or `TiB` behind it, with or without a space. `undefined` for anything else. */
export function parseSize(text: string): number | undefined {
  return multiply(/^(?<count>\d{1,9}) ?(?<unit>B|KiB|MiB|GiB|TiB)$/.exec(text), bytesOf);
}

/** Seconds: a whole number with `s`, `m`, `h` or `d` behind it. `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  return multiply(/^(?<count>\d{1,9}) ?(?<unit>[smhd])$/.exec(text), secondsOf);
}

/** In the largest unit that leaves a whole number. */
export function formatSize(bytes: number): string {
  const { count, unit } = divide(bytes, bytesOf);
  return `${count} ${unit}`;
}

/** In the largest unit that leaves a whole number. */
export function formatDuration(seconds: number): string {
  const { count, unit } = divide(seconds, secondsOf);
  return `${count}${unit}`;
}

type Units = Readonly<Record<string, number>>;

/** From the smallest to the largest. */
const bytesOf: Units = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

const secondsOf: Units = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

function multiply(match: RegExpExecArray | null, units: Units): number | undefined {
  const { count, unit } = match?.groups ?? {};
  const factor = unit === undefined ? undefined : units[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

function divide(amount: number, units: Units): { readonly count: number; readonly unit: string } {
  return Object.entries(units).reduce(
    (best, [unit, factor]) => (amount !== 0 && amount % factor === 0 ? { count: amount / factor, unit } : best),
    { count: amount, unit: Object.keys(units)[0] ?? "" },
  );
}
