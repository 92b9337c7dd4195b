import { randomUUID } from "node:crypto";
import type { ContentStore } from "@stowage/content";
import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import { blobResource, type Image } from "@stowage/images";
import { ContentMismatchError, type Descriptor, type Digest, verified } from "@stowage/oci";
import { formatRepository, parseReference } from "@stowage/reference";
import type { Registry, Repository } from "@stowage/registry";
import { type CollectDependencies, dropBlobs } from "./collect.ts";
import type { ReadBlobOptions } from "./image-service.ts";
import type { Roots } from "./roots.ts";

export interface ReadBlobDependencies extends CollectDependencies {
  readonly content: Pick<ContentStore, "find" | "read"> & CollectDependencies["content"];
  readonly registry: Pick<Registry, "blob">;
  readonly roots: Pick<Roots, "reportDamage"> & CollectDependencies["roots"];
}

/** The bytes of a document or blob of an image, verified: those that are here, or else a registry's. They stay while they are read. */
export async function* readBlob(
  dependencies: ReadBlobDependencies,
  { image, digest }: { readonly image: Image; readonly digest: Digest },
  options: ReadBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const blob = descriptorOf(image, digest);
  const { content, holdings, registry, roots } = dependencies;
  const holder = `read ${randomUUID()}`;
  await roots.ready();
  await holdings.take(holder, [blobResource(digest)]);
  try {
    const isHere = (await content.find(digest, options))?.size === blob.size;
    if (isHere) yield* readHere(dependencies, blob, options);
    else yield* readElsewhere(registry, { image, blob }, options);
  } finally {
    await dropBlobs(dependencies, holdings.end(holder)); // the image may have gone meanwhile
  }
}

function descriptorOf(image: Image, digest: Digest): Descriptor {
  const { manifest, index, config, files = [], layers } = image;
  const all = [manifest, config, ...(index === undefined ? [] : [index]), ...files, ...layers.map(({ blob }) => blob)];
  const found = all.find((blob) => blob.digest === digest);
  if (found !== undefined) return found;
  throw new StowageError("not-found", `Cannot read blob ${digest}: image ${image.id} has none of that digest`);
}

async function* readHere(
  { content, roots }: Pick<ReadBlobDependencies, "content" | "roots">,
  blob: Descriptor,
  { signal }: AbortOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* verified(content.read(blob.digest, { signal }), blob);
  } catch (error) {
    if (!(error instanceof ContentMismatchError)) throw error;
    const why = "is other bytes than its name says";
    await roots.reportDamage([{ resource: blobResource(blob.digest), why }]);
    throw new StowageError("data-loss", `Cannot read blob ${blob.digest}: it ${why}; pull the image again`, {
      cause: error,
    });
  }
}

/** From the first registry that has it, of those that the image is named after. */
async function* readElsewhere(
  registry: ReadBlobDependencies["registry"],
  { image, blob }: { readonly image: Image; readonly blob: Descriptor },
  options: ReadBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const repositories = repositoriesOf(image);
  for (const repository of repositories) {
    let hasBegun = false;
    try {
      for await (const chunk of registry.blob(repository, blob, options)) {
        hasBegun = true;
        yield chunk;
      }
      return;
    } catch (error) {
      if (hasBegun || !isStowageError(error, "not-found")) throw error;
    }
  }
  const asked = repositories.map(formatRepository).join(", ") || "no registry";
  const why = `it is not kept here, and ${asked} does not have it`;
  throw new StowageError("failed-precondition", `Cannot read blob ${blob.digest}: ${why}`);
}

function repositoriesOf({ tags, digests }: Image): readonly Repository[] {
  const all = [...tags, ...digests].map(parseReference).map(({ domain, path }) => ({ domain, path }));
  return [...new Map(all.map((repository) => [formatRepository(repository), repository])).values()];
}
