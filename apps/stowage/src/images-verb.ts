import { isReady } from "@stowage/image-service";
import { type Image, imageSize } from "@stowage/images";
import { formatFamiliar, parseReference } from "@stowage/reference";
import type { Command } from "commander";
import { formatAge, formatBytes, formatTable, imageJson, shortId } from "./describe-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addImages(program: Command, terminal: Terminal): void {
  createVerb(program, "images", "List the images")
    .alias("ls")
    .action(async (options: PlaceOptions) => {
      await using open = await openImages(options);
      const all = await open.images.list({ signal: terminal.signal, damagedToo: true });
      const images = all.filter(isReady);
      const lost = all.length - images.length;
      if (lost > 0) terminal.tell(`stowage: ${lost} damaged, not listed; run "stowage check --repair"`);
      terminal.print(options.json ? JSON.stringify(images.map(imageJson), undefined, 2) : imageTable(images));
    });
}

function imageTable(images: readonly Image[]): string {
  return formatTable([["REPOSITORY", "TAG", "IMAGE ID", "SIZE", "PULLED"], ...images.flatMap(imageRows)]);
}

/** A row a tag; an image without tags is shown under the repositories of its digests, one without any name as such. */
function imageRows(image: Image): readonly (readonly string[])[] {
  const rest = [shortId(image), formatBytes(imageSize(image)), formatAge(Date.now() - image.publishedAt)];
  const names = image.tags.length > 0 ? image.tags : image.digests;
  if (names.length === 0) return [["<none>", "<none>", ...rest]];
  return names
    .map(parseReference)
    .map(({ domain, path, tag }) => [formatFamiliar({ domain, path }), tag ?? "<none>", ...rest]);
}
