/**
 * How many milliseconds a Retry-After header asks to wait (RFC 9110, section 10.2.3: seconds, or a date), read as it is
 * written in the wild: seconds with a fraction or a unit, and dates of every form. Some registries count in smaller units
 * than seconds: what would be longer than a day is taken for milliseconds, microseconds or nanoseconds, whichever makes
 * less than a day of it. `undefined` for what is no time at all; what is past is 0.
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const [, digits, unit = "s"] = /^\s*(\d{1,20}(?:\.\d{1,20})?)\s*(ns|us|µs|ms|s|m|h)?\s*$/i.exec(text) ?? [];
  if (digits !== undefined) return sensible(Number(digits) * (units.get(unit.toLowerCase()) ?? 1000));
  const date = /[a-z]{3}|\d{4}-\d\d/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const units: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const dayMilliseconds = 24 * 60 * 60 * 1000;

function sensible(milliseconds: number): number {
  let wait = milliseconds;
  while (wait > dayMilliseconds) wait /= 1000;
  return Math.ceil(wait);
}
