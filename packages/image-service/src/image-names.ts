import { randomUUID } from "node:crypto";
import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import { type Image, imageKeyOf, resourcesOf } from "@stowage/images";
import { isDigest } from "@stowage/oci";
import { findReference, formatReference, formatRepository, type Reference } from "@stowage/reference";
import type { Collector } from "./collector.ts";
import { type FindDependencies, findImages, isIn } from "./find-image.ts";
import type { Holdings } from "./holdings.ts";
import type { HandlerOptions, Pin, TagOptions, Untagging } from "./image-service.ts";
import { type NameDependencies, requireFreeNames } from "./require-free-names.ts";
import type { Roots } from "./roots.ts";

export interface NamingDependencies extends FindDependencies, Omit<NameDependencies, "images"> {
  readonly holdings: Holdings;
  readonly roots: Roots;
}

/** Gives images names and takes them, and pins what has them. */
export class ImageNames {
  readonly #dependencies: NamingDependencies;
  readonly #collector: Pick<Collector, "giveBackOf">;

  constructor(dependencies: NamingDependencies, collector: Pick<Collector, "giveBackOf">) {
    this.#dependencies = dependencies;
    this.#collector = collector;
  }

  /** Gives the image one more name, for each runtime handler that it was pulled for. Returns the first. */
  async tag(name: string, reference: Reference, { handler, ...options }: TagOptions): Promise<Image> {
    const tag = requireTag(reference);
    const [first, ...others] = await this.#get(name, "tag", handler);
    const tagged = await this.#tag(first, tag, options);
    for (const other of others) await this.#tag(other, tag, options);
    return tagged;
  }

  async untag(reference: Reference, { handler, signal }: HandlerOptions): Promise<Untagging | undefined> {
    const name = formatReference(reference);
    const all = await this.#dependencies.images.list({ signal });
    const named = all.filter((image) => handler === undefined || (image.handler ?? "") === handler);
    let first: Untagging | undefined;
    for (const image of named.filter(({ tags, digests }) => [...tags, ...digests].includes(name))) {
      const untagging = await this.#untag(image, reference, { signal });
      first ??= untagging;
    }
    return first;
  }

  async pins(byName: readonly string[], options: AbortOptions): Promise<readonly Pin[]> {
    const bySomebody = await this.#dependencies.images.listPins(options);
    return [
      ...byName.map((pattern): Pin => ({ pattern, by: "settings" })),
      ...bySomebody.map((pattern): Pin => ({ pattern, by: "somebody" })),
    ];
  }

  async pin(name: string, options: AbortOptions): Promise<Pin> {
    const [image] = await this.#get(name, "pin", undefined);
    const pattern = nameOf(image, name);
    await this.#dependencies.images.pin([pattern], options);
    return { pattern, by: "somebody" };
  }

  async unpin(name: string, options: AbortOptions): Promise<Pin> {
    const { images } = this.#dependencies;
    const [image] = await findImages(this.#dependencies, name).catch(orNone);
    const meant = image === undefined ? normalised(name) : nameOf(image, name);
    const pinned = await images.listPins(options);
    const pattern = [meant, name].find((each) => pinned.includes(each));
    if (pattern === undefined) throw this.#notPinned(name, image);
    await images.unpin([pattern], options);
    return { pattern, by: "somebody" };
  }

  #notPinned(name: string, image: Image | undefined): StowageError {
    const others = image?.pins.map((pin) => `"${pin}"`).join(", ") ?? "";
    const isSet = image !== undefined && this.#dependencies.pins().has({ ...image, pins: [] });
    const why = isSet ? "the settings pin it" : others === "" ? "it is not pinned" : `its image is pinned as ${others}`;
    return new StowageError("not-found", `Cannot unpin "${name}": ${why}`);
  }

  async #get(name: string, action: string, handler: string | undefined): Promise<readonly [Image, ...Image[]]> {
    const [first, ...others] = await findImages(this.#dependencies, name, handler);
    if (first === undefined) throw new StowageError("not-found", `Cannot ${action} image "${name}": it is not here`);
    return [first, ...others];
  }

  /** What the image has is held meanwhile: a removal beside it takes nothing away. */
  async #tag(image: Image, name: string, { force, signal }: TagOptions): Promise<Image> {
    const { images, holdings, roots } = this.#dependencies;
    const { handler, id } = image;
    const holder = `tag ${randomUUID()}`;
    await holdings.take(holder, resourcesOf(image));
    try {
      const now = await images.find(imageKeyOf(image), { signal });
      if (now === undefined) throw new StowageError("not-found", `Cannot tag image ${id}: it is not here any more`);
      const take = force === true ? "any" : "unpinned";
      const require = () => requireFreeNames(this.#dependencies, [name], { id, handler, take });
      return await roots.publish(now, [name], { signal, leaseSeconds: 0, mended: [], require });
    } finally {
      holdings.end(holder);
    }
  }

  async #untag(image: Image, reference: Reference, options: AbortOptions): Promise<Untagging | undefined> {
    const names = namesWith(image, reference);
    const {
      taken,
      image: now = image,
      isRemoved,
    } = await this.#dependencies.roots.removeNames(imageKeyOf(image), names, options);
    if (taken.length === 0) return undefined;
    if (!isRemoved) return { image: now, names: taken };
    return { image: now, names: taken, removal: await this.#collector.giveBackOf(now) };
  }
}

function requireTag(reference: Reference): string {
  const name = formatReference(reference);
  if (reference.digest === undefined && reference.tag !== undefined) return name;
  throw new StowageError(
    "invalid-argument",
    `Cannot tag an image as "${name}": expected a name with a tag and no digest`,
  );
}

/** The names that go with one: those by digest in a repository go with its last tag. */
function namesWith(image: Image, reference: Reference): readonly string[] {
  const name = formatReference(reference);
  const repository = formatRepository(reference);
  const tags = image.tags.filter((tag) => tag !== name);
  if (name.includes("@") || isIn({ tags, digests: [] }, repository)) return [name];
  return [name, ...image.digests.filter((digest) => isIn({ tags: [], digests: [digest] }, repository))];
}

/** What somebody has called the image: one of its names, or its id. */
function nameOf({ id, tags, digests }: Image, text: string): string {
  const name = normalised(text);
  return [...tags, ...digests].includes(name) ? name : id;
}

/** Names as they are kept; an id is one already, and what is neither stays as it is. */
function normalised(text: string): string {
  if (isDigest(text)) return text;
  const reference = findReference(text);
  if (reference === undefined) return text;
  const { domain, path, digest } = reference;
  return formatReference(digest === undefined ? reference : { domain, path, digest });
}

function orNone(error: unknown): readonly Image[] {
  if (isStowageError(error, "invalid-argument")) return [];
  throw error;
}
