import type { Image } from "@stowage/images";
import { isDigest } from "@stowage/oci";
import { formatReference, parseReference } from "@stowage/reference";

/**
 * Which images are pinned. A pattern is an id, a name in any spelling, or a glob with `*` for any characters that has to match a
 * whole name, `docker.io/library/alpine:3`; one that names no registry is in `docker.io`, as a name would be.
 */
export class Pins {
  readonly #matchers: readonly ((name: string) => boolean)[];
  readonly #known = new WeakMap<Image, boolean>();

  /** Fails with `invalid-argument` for what is no name. */
  constructor(patterns: readonly string[]) {
    this.#matchers = patterns.map(matcherOf);
  }

  /** Whether a pattern, or somebody, asks for the image to stay. */
  has(image: Image): boolean {
    const known = this.#known.get(image);
    if (known !== undefined) return known;
    const names = [image.id, ...image.tags, ...image.digests];
    const isPinned = image.pins.length > 0 || names.some((name) => this.matches(name));
    this.#known.set(image, isPinned);
    return isPinned;
  }

  /** Whether a pattern matches an id or a normalised name. */
  matches(name: string): boolean {
    return this.#matchers.some((matches) => matches(name));
  }
}

function matcherOf(pattern: string): (name: string) => boolean {
  if (isDigest(pattern)) return (name) => name === pattern;
  if (!pattern.includes("*")) {
    const wanted = formatReference(parseReference(pattern));
    return (name) => name === wanted;
  }
  const parts = completed(pattern).split("*");
  return (name) => matchesGlob(name, parts);
}

/** Whether a name is these parts with anything between them: the ends in their places, the others in order, each as soon as it comes. */
function matchesGlob(name: string, parts: readonly string[]): boolean {
  const [prefix = "", ...rest] = parts;
  const suffix = rest.pop() ?? "";
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return false;
  let from = prefix.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - suffix.length;
}

/** With the registry that a name would have; a pattern that begins with a star, or has one in its registry, says enough. */
function completed(pattern: string): string {
  const [first = "", ...rest] = pattern.split("/");
  if (rest.length === 0) return first.startsWith("*") ? pattern : `docker.io/library/${pattern}`;
  const namesRegistry = /[.:*]/.test(first) || first === "localhost";
  return namesRegistry ? pattern : `docker.io/${pattern}`;
}
