/**
 * How many milliseconds a Retry-After header asks to wait (RFC 9110, section 10.2.3: seconds, or a date), read as it is
 * written in the wild: seconds with a fraction or a unit, and dates of every form. Some registries count in smaller units
 * than seconds: what would be longer than a day is taken for milliseconds, microseconds or nanoseconds, whichever makes
 * no more than an hour of it. `undefined` for what is no time at all; what is past is 0, and no wait is longer than a day.
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const [, digits, unit = "s"] = /^\s*(\d{1,20}(?:\.\d{1,20})?)\s*([a-zµ]{1,12})?\s*$/i.exec(text) ?? [];
  const milliseconds = units.get(unit.toLowerCase());
  if (digits !== undefined && milliseconds !== undefined) return sensible(Number(digits) * milliseconds);
  const date = dated.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(dayMilliseconds, Math.max(0, date - now));
}

const units: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ...["s", "sec", "secs", "second", "seconds"].map((name) => [name, 1000] as const),
  ...["m", "min", "mins", "minute", "minutes"].map((name) => [name, 60_000] as const),
  ...["h", "hour", "hours"].map((name) => [name, 3_600_000] as const),
]);

/** Words before a number are a date to `Date.parse`, whatever they are. */
const dated = /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\d{4}-\d\d-\d\d/i;

const hourMilliseconds = 60 * 60 * 1000;
const dayMilliseconds = 24 * hourMilliseconds;

function sensible(milliseconds: number): number {
  if (milliseconds <= dayMilliseconds) return Math.ceil(milliseconds);
  let wait = milliseconds / 1000;
  while (wait > hourMilliseconds) wait /= 1000;
  return Math.ceil(wait);
}
