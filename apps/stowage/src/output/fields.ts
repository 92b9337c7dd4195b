/**
 * The fields of a verb's JSON, by their paths: `layers.digest` is in each of `layers`. The text says the type, then a colon,
 * then what it is: `text: the digest of the config`.
 */
export type Fields = Readonly<Record<string, string>>;

/** A field as it is documented. */
export interface DescribedField {
  readonly path: string;
  readonly type: string;
  readonly means: string;
}

export function describeFields(fields: Fields): readonly DescribedField[] {
  return Object.entries(fields).map(([path, text]) => {
    const colon = text.indexOf(": ");
    return { path, type: text.slice(0, colon), means: text.slice(colon + 2) };
  });
}

/** Whether a path names a field, something that has fields, or something inside a field that is a map. */
export function isFieldPath(path: string, fields: Fields): boolean {
  return Object.entries(fields).some(
    ([known, text]) =>
      known === path || known.startsWith(`${path}.`) || (path.startsWith(`${known}.`) && text.startsWith("map")),
  );
}
