/** What TOML can say, but for dates and lists of other things than text. */
export type TomlValue = string | number | boolean | readonly string[] | { readonly [name: string]: TomlValue };

/** A value as TOML has it behind the `=`, on one line. */
export function formatToml(value: TomlValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(quote).join(", ")}]`;
  const pairs = Object.entries(value).map(([name, inner]) => `${formatTomlKey(name)} = ${formatToml(inner)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** One name of a key, in quotes where it takes them. */
export function formatTomlKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : quote(name);
}

/** JSON's escapes are TOML's; but TOML wants one more. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

function isList(value: TomlValue): value is readonly string[] {
  return Array.isArray(value);
}
