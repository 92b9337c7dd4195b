import type { AbortOptions } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import { isReady } from "@stowage/image-service";
import { type Image, imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";
import type { Command } from "commander";
import { formatBytes, formatTable, imageJson } from "./describe-image.ts";
import { getImage } from "./get-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addInspect(program: Command, terminal: Terminal): void {
  createVerb(program, "inspect", "Show what an image is; with --json, with its config")
    .argument("<image>", "a name, an id or the beginning of one")
    .action(async (name: string, options: PlaceOptions) => {
      await using open = await openImages(options);
      const image = await getImage(open.images, name, terminal);
      if (options.json) {
        const imageConfig = isReady(image) ? await readConfig(open.images, image, terminal) : undefined;
        terminal.print(JSON.stringify({ ...imageJson(image), imageConfig }, undefined, 2));
        return;
      }
      const rows = [
        ["id", image.id],
        ...[...image.tags, ...image.digests].map((known) => ["name", known]),
        ...(isReady(image)
          ? [["status", "READY"]]
          : image.damage.map(({ resource, why }) => ["damaged", `${resource} ${why}`])),
        ["platform", formatPlatform(image.platform)],
        ["size", formatBytes(imageSize(image))],
        ["created", image.created ?? "-"],
        ["user", image.user || "-"],
        ...image.layers.map(({ blob, bytes }) => [
          "layer",
          `${blob.digest}  ${formatBytes(blob.size)}, ${formatBytes(bytes)} unpacked`,
        ]),
      ];
      terminal.print(formatTable(rows));
    });
}

async function readConfig(images: ImageVerbs, image: Image, { signal }: AbortOptions): Promise<unknown> {
  return JSON.parse(Buffer.from(await images.readConfig(image, { signal })).toString("utf8"));
}
