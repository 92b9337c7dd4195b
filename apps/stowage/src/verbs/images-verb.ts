import { type Image, imageSize } from "@stowage/images";
import { formatFamiliar, parseReference } from "@stowage/reference";
import { imageFields, imageJson } from "../output/describe-image.ts";
import { formatBytes } from "../output/format-size.ts";
import { formatAge } from "../output/format-time.ts";
import type { Cell, Table } from "../output/screen.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function imagesVerb(): Verb {
  return new Verb("images", "List the images")
    .alias("ls")
    .helpGroup(groups.images)
    .answers(imageFields)
    .runs(async (call: Call) => {
      await using open = await call.open();
      const all = await open.images.list({ signal: call.signal, damagedToo: true });
      const images = all.filter(({ damage }) => damage.length === 0);
      const lost = all.length - images.length;
      if (lost > 0) call.terminal.tell(`stowage: ${lost} damaged, not listed; run "stowage check --repair"`);
      call.print({ list: images.map(imageJson), screen: () => [imageTable(images, call.terminal.now())] });
    });
}

function imageTable(images: readonly Image[], now: number): Table {
  return {
    head: ["REPOSITORY", "TAG", "IMAGE ID", "SIZE", "PULLED"],
    rows: images.flatMap((image) => imageRows(image, now)),
  };
}

/** A row a tag; an image without tags is shown under the repositories of its digests, one without any name as such. */
function imageRows(image: Image, now: number): readonly (readonly Cell[])[] {
  const rest = [shortDigest(image.id), formatBytes(imageSize(image)), formatAge(now - image.publishedAt)];
  const names = image.tags.length > 0 ? image.tags : image.digests;
  if (names.length === 0) return [["<none>", "<none>", ...rest]];
  return names
    .map(parseReference)
    .map(({ domain, path, tag }) => [formatFamiliar({ domain, path }), tag ?? "<none>", ...rest]);
}
