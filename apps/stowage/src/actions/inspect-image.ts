import { buffer } from "node:stream/consumers";
import { StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import { diffIdsOf, type Image, imageSize } from "@stowage/images";
import { chainIds, type Descriptor, formatPlatform } from "@stowage/oci";
import { decodeJson } from "../output/decode-json.ts";
import { imageJson } from "../output/describe-image.ts";
import { formatBytes } from "../output/format-size.ts";
import type { inspectTypes } from "../output/inspect-types.ts";
import { documentLines } from "../output/json.ts";
import type { Cell, Screen } from "../output/screen.ts";
import { getImage } from "../store/get-image.ts";
import type { Call } from "../verbs/call.ts";

export interface InspectOptions {
  readonly type: (typeof inspectTypes)[number];
}

/** Prints what an image is; a document of it as the very bytes that came, but for a terminal. */
export async function inspectImage(call: Call<InspectOptions>, name: string): Promise<void> {
  const { type } = call.options;
  await using open = await call.open();
  const image = await getImage(open.images, name, call);
  if (call.isForPeople && type !== "image" && type !== "layers") {
    const bytes = await readDocument(open.images, { image, type }, call);
    if (call.terminal.stdout.isTTY !== true) return void call.terminal.stdout.write(bytes);
    return call.print({ one: {}, screen: () => documentLines(bytes) });
  }
  const documents = call.isForPeople ? {} : await readDocuments(open.images, image, call);
  const screen = () => (type === "layers" ? layerTable(image) : describe(image));
  call.print({ one: { ...imageJson(image), ...documents }, screen });
}

type DocumentType = Extract<InspectOptions["type"], "manifest" | "index" | "config">;

async function readDocument(
  images: ImageVerbs,
  { image, type }: { readonly image: Image; readonly type: DocumentType },
  { signal }: Call,
): Promise<Buffer> {
  const descriptor = image[type];
  if (descriptor === undefined)
    throw new StowageError("not-found", `Cannot show the index of image ${image.id}: it was chosen from none`);
  return await buffer(images.readBlob(image, descriptor.digest, { signal }));
}

/** Of an image that is damaged, nothing is read; what is no JSON is left out. */
async function readDocuments(images: ImageVerbs, image: Image, { signal }: Call) {
  if (image.damage.length > 0) return {};
  const read = async (descriptor: Descriptor): Promise<unknown> =>
    decodeJson(await buffer(images.readBlob(image, descriptor.digest, { signal })));
  return {
    imageManifest: await read(image.manifest),
    imageIndex: image.index === undefined ? undefined : await read(image.index),
    imageConfig: await read(image.config),
  };
}

function describe(image: Image): Screen {
  const lost = image.damage.map(({ resource, why }) => ["damaged", `${resource} ${why}`]);
  const rows = [
    ["id", image.id],
    ...[...image.tags, ...image.digests].map((known) => ["name", known]),
    ...image.pins.map((pin) => ["pinned", `as ${pin}`]),
    ...(lost.length === 0 ? [["status", "READY"]] : lost),
    ["platform", formatPlatform(image.platform)],
    ["size", formatBytes(imageSize(image))],
    ["created", image.created ?? "-"],
    ["user", image.user || "-"],
    ...image.layers.map(({ blob, bytes }) => [
      "layer",
      `${blob.digest}  ${formatBytes(blob.size)}, ${formatBytes(bytes)} unpacked`,
    ]),
    ...(image.files ?? []).map(({ digest, size }) => ["file", `${digest}  ${formatBytes(size)}`]),
  ];
  return [{ rows }];
}

/** From the bottom up. */
function layerTable(image: Image): Screen {
  const chains = chainIds(diffIdsOf(image));
  const rows = image.layers.map(({ blob, diffId, bytes, inodes, kept }, at): readonly Cell[] => [
    { text: String(at + 1), align: "right" },
    blob.digest,
    { text: `${formatBytes(blob.size)}${kept ? "" : " (not kept)"}`, align: "right" },
    { text: formatBytes(bytes), align: "right" },
    { text: String(inodes), align: "right" },
    diffId,
    chains[at] ?? "",
  ]);
  return [{ head: ["", "BLOB", "SIZE", "UNPACKED", "INODES", "DIFF ID", "CHAIN ID"], rows }];
}
