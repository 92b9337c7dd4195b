import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { encodedOf } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import { type ImageSource, type LoadOptions, registryOf } from "./image-source.ts";
import { newShares, type PullDependencies, pullImage } from "./pull-image.ts";
import { type NameDependencies, requireFreeNames } from "./require-free-names.ts";

/**
 * Brings an image here from a source, as a pull does from a registry. Nothing is shared with pulls: a source is nobody else's. The
 * blobs of its layers stay: they can be had nowhere else, and people push what they have loaded.
 */
export async function loadImage(
  dependencies: PullDependencies & NameDependencies,
  source: ImageSource,
  { force, ...options }: LoadOptions,
): Promise<Image> {
  const names = source.names.map((name) => requireNameOf(source, name));
  const { handler } = dependencies;
  const take = force === true ? "any" : "none";
  const own = {
    registry: registryOf(source),
    ...newShares(),
    keepsLayers: true,
    keepsBlobs: true,
  };
  return await pullImage({ ...dependencies, ...own }, referenceOf(source), {
    ...options,
    names,
    origin: source.origin ?? { transport: "unknown" },
    onKnown: (id) => requireFreeNames(dependencies, names, { id, handler, take }),
  });
}

/** What it is called while it comes. */
export function referenceOf({ names, root }: ImageSource): Reference {
  const [first] = names;
  return first ?? { domain: "archive", path: encodedOf(root.digest).slice(0, 12), digest: root.digest };
}

function requireNameOf({ root }: ImageSource, name: Reference): string {
  if (name.digest === undefined || name.digest === root.digest) return formatReference(name);
  throw new StowageError("invalid-argument", `Cannot load "${formatReference(name)}": what is given is ${root.digest}`);
}
