/** What can stand at a place of the command line. */
export type Completed =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "names" }
  | { readonly kind: "files" | "directories" | "nothing" };

/** Something that can be typed, and what it means. */
export interface Candidate {
  readonly text: string;
  readonly means: string;
}

interface Placeholder {
  readonly name: string;
  readonly choices: readonly string[] | undefined;
}

/** What an argument or the value of an option is called says what completes it; so do choices. Anything else is for the user to know. */
export function completedBy({ name, choices }: Placeholder): Completed {
  if (choices !== undefined) return { kind: "words", words: choices.map((text) => ({ text, means: "" })) };
  return { kind: kinds.get(name) ?? "nothing" };
}

const kinds: ReadonlyMap<string, "names" | "files" | "directories"> = new Map([
  ["image", "names"],
  ["image:path", "names"],
  ["other", "names"],
  ["pinned", "names"],
  ["file", "files"],
  ["socket", "files"],
  ["dir", "directories"],
]);
