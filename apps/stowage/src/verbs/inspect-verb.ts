import type { Image } from "@stowage/images";
import { imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";
import { imageFields, imageJson } from "../output/describe-image.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Screen } from "../output/screen.ts";
import { getImage } from "../store/get-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function inspectVerb(): Verb {
  return new Verb("inspect", "Show what an image is; with --json, with its config")
    .helpGroup(groups.images)
    .argument("<image>", "a name, an id or the beginning of one")
    .example("stowage inspect alpine:3", "what it is, for people")
    .example("stowage inspect --json alpine:3", "all that is known of it, with its config")
    .example("stowage inspect --format '{{json .imageConfig.config.Env}}' alpine:3", "a part of its config")
    .answers({
      ...imageFields,
      imageConfig: "map: the image's config, as it came; left out where the image is damaged",
    })
    .hints(seeImages)
    .runs(async (call: Call, name: string) => {
      await using open = await call.open();
      const image = await getImage(open.images, name, call);
      const isRead = !call.isForPeople && image.damage.length === 0;
      const config = isRead ? await open.images.readConfig(image, call) : undefined;
      call.print({ one: { ...imageJson(image), imageConfig: decodeJson(config) }, screen: () => describe(image) });
    });
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
