import type { Image } from "@stowage/images";
import { Option } from "commander";
import { imageFields, imageJson } from "../output/describe-image.ts";
import { type ImageTableOptions, imageTable } from "../output/image-table.ts";
import { type SortKey, sortImages, sortKeys } from "../output/sort-images.ts";
import { type Filter, filterImages, parseFilter } from "../store/filter-images.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

interface ImagesOptions extends ImageTableOptions {
  readonly filter?: readonly Filter[];
  readonly sort?: SortKey;
  readonly quiet?: boolean;
}

export function imagesVerb(): Verb {
  return new Verb("images", "List the images")
    .alias("ls")
    .helpGroup(groups.images)
    .argument("[image]", "a name or a pattern, like alpine or 'ghcr.io/*/*'")
    .addOption(
      new Option(
        "-f, --filter <key=value>",
        "only those with reference=GLOB, dangling=true, label=NAME[=VALUE], before=IMAGE or since=IMAGE",
      ).argParser((text, before?: readonly Filter[]) => [...(before ?? []), parseFilter(text)]),
    )
    .addOption(
      new Option("--sort <key>", "how they are ordered; else in the order in which they came").choices(sortKeys),
    )
    .option("--digests", "show the digests of their manifests")
    .option("--no-trunc", "do not shorten ids and digests")
    .option("-q, --quiet", "print ids only")
    .example("stowage images", "all, in the order in which they came")
    .example("stowage images --filter dangling=true -q", "the ids of those without a tag")
    .example("stowage images --format 'table {{.id}}\\t{{.size}}'", "columns of one's own")
    .answers(imageFields)
    .runs(async (call: Call<ImagesOptions>, pattern: string | undefined) => {
      const { options, signal, terminal } = call;
      await using open = await call.open();
      const all = await open.images.list({ signal, damagedToo: true });
      const ready = all.filter(({ damage }) => damage.length === 0);
      tellLost(all.length - ready.length, call);
      const filters = [
        ...(options.filter ?? []),
        ...(pattern === undefined ? [] : [parseFilter(`reference=${pattern}`)]),
      ];
      const images = sortImages(await filterImages(open.images, filters, { signal, among: ready }), options.sort);
      call.print({
        list: images.map(imageJson),
        screen: () => (options.quiet === true ? idsOf(images) : [imageTable(images, terminal.now(), options)]),
      });
    });
}

function idsOf(images: readonly Image[]): readonly string[] {
  return images.map(({ id }) => id);
}

function tellLost(lost: number, { terminal }: Call<ImagesOptions>): void {
  if (lost > 0) terminal.tell(`stowage: ${lost} damaged, not listed; run "stowage check --repair"`);
}
