import { parseReference, type Reference, splitName } from "./reference.ts";

/** A name that says nothing of its registry: `busybox:1`, `team/app`. */
export interface ShortName {
  /** What it says of the repository: `team/app`. */
  readonly name: string;
  /** The tag, the digest, or both, as they are written behind it: `:1@sha256:…`. */
  readonly object: string;
}

/** What a name stands for, when it says nothing of its registry. */
export interface NameCandidates {
  /** In the order in which they are to be tried; never none. */
  readonly references: readonly Reference[];
  /** Why none of several may be taken without looking; left out where they may be tried in turn. */
  readonly ambiguity?: string | undefined;
}

/** Reads a reference that names no registry; `undefined` for one that does. Fails as `parseReference` does. */
export function findShortName(text: string): ShortName | undefined {
  parseReference(text);
  const [name = ""] = text.split("@", 1);
  const [domain, path] = splitName(name);
  if (domain !== undefined) return undefined;
  const [repository = ""] = path.split(":", 1);
  return { name: repository, object: text.slice(repository.length) };
}
