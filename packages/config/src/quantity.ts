/** How a size is written, for messages. */
export const sizeExample = 'a size, like "512 MiB"';

/** How a duration is written, for messages. */
export const durationExample = 'a duration, like "90s", "5m", "24h" or "7d"';

/** Bytes: a whole number with `B`, `KiB`, `MiB`, `GiB` or `TiB` behind it, with or without a space. `undefined` for anything else. */
export function parseSize(text: string): number | undefined {
  return multiply(/^(?<count>\d{1,9}) ?(?<unit>B|KiB|MiB|GiB|TiB)$/.exec(text), bytesOf);
}

/** Seconds: a whole number with `s`, `m`, `h` or `d` behind it. `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  return multiply(/^(?<count>\d{1,9}) ?(?<unit>[smhd])$/.exec(text), secondsOf);
}

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

function multiply(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  const { count, unit } = match?.groups ?? {};
  const factor = unit === undefined ? undefined : units[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}
