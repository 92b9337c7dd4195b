import { Option } from "commander";
import type { ImagesOptions } from "../actions/list-images.ts";
import { imageFields } from "../output/image-fields.ts";
import { sortKeys } from "../output/sort-keys.ts";
import { type Filter, parseFilter } from "../store/filter.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function imagesVerb(): Verb {
  return new Verb("images", "List the images")
    .alias("ls")
    .helpGroup(groups.images)
    .argument("[image]", "a name or a pattern, like alpine or 'ghcr.io/*/*'")
    .addOption(
      new Option(
        "-f, --filter <key=value>",
        "only those with reference=GLOB, dangling=true, pinned=true, label=NAME[=VALUE], before=IMAGE or since=IMAGE",
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
      const { listImages } = await import("../actions/list-images.ts");
      await listImages(call, pattern);
    });
}
