import { realpath } from "node:fs/promises";
import { relative } from "node:path";
import { findPathOwner } from "@stowage/core";
import { type AbortOptions, ifThere, StowageError } from "@stowage/errors";
import { blobResource, digestOfBlob, type Image, type Resource } from "@stowage/images";
import { type Digest, isDigest } from "@stowage/oci";
import { partsOf } from "./image-parts.ts";
import { listMounts } from "./list-mounts.ts";
import type { OpenImages } from "./open-images.ts";

/** Something of a store. */
export interface Thing {
  readonly kind: string;
  /** Of a blob its digest, of a layer its chain id. */
  readonly digest?: Digest | undefined;
  /** Below the root of the store. */
  readonly path?: string | undefined;
  readonly resource?: Resource | undefined;
  /** The image that is mounted where it is. */
  readonly mounted?: string | undefined;
}

/** What somebody means by a path or a digest. Fails with `not-found` where that is nothing of the store. */
export async function findThing(
  open: OpenImages,
  what: string,
  { images, signal }: AbortOptions & { readonly images: readonly Image[] },
): Promise<Thing> {
  if (isDigest(what)) return (await findDigest(open, what, { images, signal })) ?? refuse(what, "nothing here has it");
  const path = await ifThere(realpath(what));
  if (path === undefined) return refuse(what, "it is neither a digest nor a path that is there");
  const below = relative(open.root, path);
  if (below.startsWith(".."))
    return (await findMounted(open, path)) ?? refuse(what, `it is not of the store "${open.root}"`);
  const owner = await findPathOwner(open.root, below);
  if (owner.kind === "blob")
    return { kind: "blob", digest: owner.digest, path: below, resource: blobResource(owner.digest) };
  if (owner.kind !== "layer") return { kind: owner.kind, path: below };
  return { kind: "layer", digest: digestIn(owner.layer), path: below, resource: owner.layer };
}

function refuse(what: string, why: string): never {
  throw new StowageError("not-found", `Cannot find "${what}": ${why}`);
}

/** What images have, or, where they have not, what is to be collected. */
async function findDigest(
  { images: verbs }: OpenImages,
  digest: Digest,
  { images, signal }: AbortOptions & { readonly images: readonly Image[] },
): Promise<Thing | undefined> {
  const part = images.flatMap(partsOf).find(({ digests }) => digests.includes(digest));
  if (part !== undefined) return thingOf(part.resource);
  const { gone, kept } = await verbs.collect({ signal, dryRun: true });
  const found = [...gone, ...kept].find((each) => each.digest === digest);
  return found === undefined ? undefined : { kind: found.kind, digest };
}

function thingOf(resource: Resource): Thing {
  const kind = digestOfBlob(resource) === undefined ? "layer" : "blob";
  return { kind, digest: digestIn(resource), resource };
}

function digestIn(resource: Resource): Digest | undefined {
  const [, digest = ""] = resource.split(" ");
  return isDigest(digest) ? digest : undefined;
}

async function findMounted(open: OpenImages, path: string): Promise<Thing | undefined> {
  const mounts = await listMounts(open);
  const found = mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
  return found === undefined ? undefined : { kind: "mounted", mounted: found.image };
}
