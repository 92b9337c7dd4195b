import { type Image, imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";
import { imageJson } from "../output/describe-image.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Screen } from "../output/screen.ts";
import { getImage } from "../store/get-image.ts";
import type { Call } from "../verbs/call.ts";

/** Prints what an image is; for programs with its config, where that is not lost. */
export async function inspectImage(call: Call, name: string): Promise<void> {
  await using open = await call.open();
  const image = await getImage(open.images, name, call);
  const isRead = !call.isForPeople && image.damage.length === 0;
  const config = isRead ? await open.images.readConfig(image, call) : undefined;
  call.print({ one: { ...imageJson(image), imageConfig: decodeJson(config) }, screen: () => describe(image) });
}

function decodeJson(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString("utf8"));
}

function describe(image: Image): Screen {
  const lost = image.damage.map(({ resource, why }) => ["damaged", `${resource} ${why}`]);
  const rows = [
    ["id", image.id],
    ...[...image.tags, ...image.digests].map((known) => ["name", known]),
    ...(lost.length === 0 ? [["status", "READY"]] : lost),
    ["platform", formatPlatform(image.platform)],
    ["size", formatBytes(imageSize(image))],
    ["created", image.created ?? "-"],
    ["user", image.user || "-"],
    ...image.layers.map(({ blob, bytes }) => [
      "layer",
      `${blob.digest}  ${formatBytes(blob.size)}, ${formatBytes(bytes)} unpacked`,
    ]),
  ];
  return [{ rows }];
}
