import type { ArchivedImage, ImageArchive } from "@stowage/archive";
import { findReference, formatReference, type Reference } from "@stowage/reference";

/** What an image of an archive is to be called here. */
export interface ArchivedNames {
  readonly names: readonly Reference[];
  /** Names of the archive that are none. */
  readonly odd: readonly string[];
}

/**
 * The names that an archive gives an image, and in each repository the one with its digest, so that references by digest hold;
 * that is left out where the archive has no manifests of its own. A mere tag, as the OCI allows it, is no name. Neither is a digest
 * of something else than the image.
 */
export function archivedNames(
  { hasManifests }: Pick<ImageArchive, "hasManifests">,
  { names: written, root }: ArchivedImage,
): ArchivedNames {
  const names: Reference[] = [];
  const odd: string[] = [];
  for (const text of written.filter((each) => !isMereTag.test(each))) {
    const reference = findReference(text);
    if (reference === undefined || (reference.digest ?? root.digest) !== root.digest) odd.push(text);
    else names.push(...namesOf(reference, hasManifests ? root.digest : undefined));
  }
  return { names: [...new Map(names.map((name) => [formatReference(name), name])).values()], odd };
}

const isMereTag = /^[^:/@]*$/;

function namesOf({ domain, path, tag }: Reference, digest: Reference["digest"]): readonly Reference[] {
  const tagged = tag === undefined ? [] : [{ domain, path, tag }];
  return digest === undefined ? tagged : [...tagged, { domain, path, digest }];
}

/** What people are told that an image is, before it is known by its id. */
export function bestArchivedName([first]: readonly Reference[], { root }: ArchivedImage): string {
  return first === undefined ? root.digest : formatReference(first);
}
