import type { Credential } from "@stowage/auth";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { parseReference, type Reference } from "@stowage/reference";
import type { Authority, ContainerRequest, ContainersDependencies, PodSandboxRequest } from "./containers.ts";

type ImageDependencies = Pick<ContainersDependencies, "images" | "openKeychain">;

/** The image of a request. Fails with `not-found` where it is not here. */
export async function requireImage(
  { images }: ImageDependencies,
  { id, imageId, handler = "" }: ContainerRequest,
  options: AbortOptions,
): Promise<Image> {
  const image = await images.find(imageId, { ...options, handler });
  if (image !== undefined) return image;
  throw new StowageError("not-found", `Cannot create container "${id}": image "${imageId}" is not here`);
}

/** The image for a sandbox, pulled where it is not here, and only there. */
export async function pauseImage(
  dependencies: ImageDependencies,
  { pauseImage: name, handler = "", ...authority }: PodSandboxRequest,
  options: AbortOptions,
): Promise<Image> {
  const { images } = dependencies;
  const found = await images.find(name, { ...options, handler });
  if (found !== undefined) return found;
  const reference = parseReference(name);
  const credential = await credentialFor(dependencies, reference, { ...authority, ...options });
  return await images.pull(reference, { ...options, handler, credential });
}

/** Brings what an image has lost. Fails with `data-loss`, for the reason that the pull had, and `not-found` where the image is gone. */
export async function pullAgain(
  dependencies: ImageDependencies,
  image: Image,
  options: Authority & AbortOptions & { readonly action: string },
): Promise<void> {
  const { action, signal } = options;
  if ((await dependencies.images.find(image.id, { signal, handler: image.handler ?? "" })) === undefined)
    throw new StowageError("not-found", `Cannot ${action}: image ${image.id} was removed`);
  const [name = image.tags[0]] = image.digests;
  const lost = `Cannot ${action}: image ${image.id} has lost a layer`;
  if (name === undefined) throw new StowageError("data-loss", `${lost}, and has no name to pull it by`);
  try {
    const reference = parseReference(name);
    const { platform, handler } = image;
    const credential = await credentialFor(dependencies, reference, options);
    const { id } = await dependencies.images.pull(reference, { platform, handler, credential, signal });
    if (id !== image.id) throw new Error(`"${name}" is another image now, ${id}`);
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : "it failed";
    throw new StowageError("data-loss", `${lost}, and cannot be pulled again: ${why}`, { cause });
  }
}

async function credentialFor(
  { openKeychain }: ImageDependencies,
  { domain, path }: Reference,
  { credential, authFile, signal }: Authority & AbortOptions,
): Promise<Credential | undefined> {
  if (credential !== undefined || authFile === undefined) return credential;
  return await openKeychain(authFile).find({ domain, path }, { signal });
}
