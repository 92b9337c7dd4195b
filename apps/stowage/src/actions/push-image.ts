import { buffer } from "node:stream/consumers";
import { StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import type { Descriptor } from "@stowage/oci";
import { findReference, formatReference, parseReference, type Reference } from "@stowage/reference";
import { formatBytes } from "../output/format-size.ts";
import { bytesFromOffset } from "../store/bytes-from-offset.ts";
import { callOptions } from "../store/call-options.ts";
import { getImage } from "../store/get-image.ts";
import { openTools } from "../store/open-tools.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import { type Sent, sendBlobs, sendDocument } from "../store/send-image.ts";
import type { Call } from "../verbs/call.ts";

export interface PushOptions extends RegistryOptions {
  readonly quiet?: boolean;
}

/** Sends an image, blobs first, its manifest last, and prints what came of it. */
export async function pushImage(call: Call<PushOptions>, name: string, text: string | undefined): Promise<void> {
  const { options, signal } = call;
  await using open = await call.open({ authFile: options.authfile });
  const image = await getImage(open.images, name, { signal });
  const to = targetOf(image, text ?? name, text !== undefined);
  const sent = await send(call, { images: open.images, image, to });
  const { digest } = image.manifest;
  const { bytes, pushed, mounted, present } = sent;
  call.print({
    one: { reference: formatReference(to), digest, pushed, mounted, present, bytes },
    screen: () => [`${formatReference(to)}@${digest}  ${describe(sent)}`],
  });
}

function describe({ pushed, mounted, present, bytes }: Sent): string {
  const there = mounted + present === 0 ? "" : `, ${mounted + present} were there`;
  return `${pushed} blobs sent (${formatBytes(bytes)})${there}`;
}

/** The name that was said, or, of an image that was not called by a name, its only tag. */
function targetOf({ id, tags }: Image, text: string, isSaid: boolean): Reference {
  if (isSaid) return requireTag(parseReference(text));
  const [only, ...others] = tags;
  const asked = findReference(text);
  if (asked !== undefined && tags.includes(formatReference(asked))) return asked;
  if (only !== undefined && others.length === 0) return parseReference(only);
  const why = only === undefined ? "it has no name with a tag" : `it has several names: ${tags.join(", ")}`;
  throw new StowageError("invalid-argument", `Cannot push image ${id}: ${why}; say where it goes`);
}

function requireTag(reference: Reference): Reference {
  if (reference.digest === undefined) return reference;
  const name = formatReference(reference);
  throw new StowageError("invalid-argument", `Cannot push to "${name}": expected a name with a tag and no digest`);
}

interface Pushing {
  readonly images: ImageVerbs;
  readonly image: Image;
  readonly to: Reference;
}

async function send(call: Call<PushOptions>, { images, image, to }: Pushing): Promise<Sent> {
  const { options, signal } = call;
  await using tools = await openTools(options);
  using progress = await call.progress({ quiet: options.quiet });
  using work = progress.start({ doing: "Pushing", did: "Pushed", what: formatReference(to), item: "blob" });
  const read = (blob: Descriptor, from: number) =>
    bytesFromOffset(images.readBlob(image, blob.digest, { signal, plainHttp: options.plainHttp }), from);
  const asked = callOptions(call);
  const mountFrom = repositoryBeside(image, to);
  const blobs = [...image.layers.map(({ blob }) => blob), ...(image.files ?? []), image.config];
  const sent = await sendBlobs({ registry: tools.registry, to, read, work, options: asked, mountFrom }, blobs);
  const bytes = await buffer(images.readBlob(image, image.manifest.digest, { signal }));
  await sendDocument({ registry: tools.registry, options: asked }, to, { bytes, mediaType: image.manifest.mediaType });
  work.end();
  return sent;
}

/** Another repository of the same registry that the image has a name in. */
function repositoryBeside({ tags, digests }: Image, { domain, path }: Reference): string | undefined {
  const all = [...tags, ...digests].map(parseReference);
  return all.find((other) => other.domain === domain && other.path !== path)?.path;
}
