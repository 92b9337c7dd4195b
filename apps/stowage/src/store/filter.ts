import { StowageError } from "@stowage/errors";

/** A filter as it is written, `key=value`. */
export interface Filter {
  readonly key: FilterKey;
  readonly value: string;
}

export type FilterKey = (typeof filterKeys)[number];

export const filterKeys = ["reference", "dangling", "pinned", "label", "before", "since"] as const;

/** Reads a filter. Fails with `invalid-argument` where there is none of that name. */
export function parseFilter(text: string): Filter {
  const [name, value] = splitAt(text, "=");
  const key = filterKeys.find((known) => known === name);
  if (key === undefined || value === undefined) {
    throw new StowageError(
      "invalid-argument",
      `Cannot read filter "${text}": it is none of ${filterKeys.join("=, ")}=`,
    );
  }
  return { key, value };
}

/** What is before the first `mark` and what is after it; the latter is left out where there is none. */
export function splitAt(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
