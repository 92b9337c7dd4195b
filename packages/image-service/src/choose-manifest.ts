import { StowageError } from "@stowage/errors";
import { choosePlatform, formatPlatform, type Index, type Manifest, maxIndexDepth, type Platform } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { FetchedDocument, Registry, RegistryOptions } from "@stowage/registry";

/** What a reference names for one platform. */
export interface ChosenManifest {
  /** What the reference itself names: the manifest, or an index it was chosen from. */
  readonly root: FetchedDocument;
  readonly source: FetchedDocument;
  readonly manifest: Manifest;
}

export interface Wanted {
  readonly reference: Reference;
  readonly platform: Platform;
}

/**
 * Asks the registry what `reference` names, and follows indexes to the manifest for `platform`. Fails with `not-found` where the
 * platform is not offered, naming those that are.
 */
export async function chooseManifest(
  { registry }: { readonly registry: Registry },
  wanted: Wanted,
  options: RegistryOptions,
): Promise<ChosenManifest> {
  const root = await registry.resolve(wanted.reference, options);
  let source = root;
  for (let depth = 0; source.document.kind === "index"; depth += 1) {
    if (depth === maxIndexDepth)
      throw refusal(wanted, "invalid-argument", `its indexes lie more than ${maxIndexDepth} deep`);
    source = await registry.document(wanted.reference, chooseEntry(source.document, wanted), options);
  }
  return { root, source, manifest: source.document };
}

function chooseEntry(index: Index, wanted: Wanted): Index["manifests"][number] {
  const entry = choosePlatform(index.manifests, wanted.platform);
  if (entry !== undefined) return entry;
  const offered = index.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const known = [...new Set(offered)].filter((platform) => platform !== "unknown/unknown").slice(0, maxOffersTold);
  throw refusal(
    wanted,
    "not-found",
    `it is not there for ${formatPlatform(wanted.platform)}, only for ${known.join(", ") || "no platform"}`,
  );
}

/** Enough to see what there is; an index can hold thousands. */
const maxOffersTold = 10;

/** What is chosen from cannot be pulled as it was wanted. */
export function refusal(
  { reference }: Wanted,
  code: "not-found" | "invalid-argument" | "failed-precondition",
  why: string,
): StowageError {
  return new StowageError(code, `Cannot pull ${formatReference(reference)}: ${why}`);
}
