import type { TreeOptions } from "../actions/draw-tree.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function treeVerb(): Verb {
  return new Verb("tree", "Draw which images stand on which layers, and share them")
    .helpGroup(groups.images)
    .argument("[image...]", "only these, and what they stand on")
    .option("--no-trunc", "do not shorten digests")
    .example("stowage tree", "all images, on the layers that they share")
    .answers({
      chain: "text: the digest of the layers up to here; of the last of them, where there are several in a row",
      parent: "text: the chain that they stand on; left out at the bottom",
      layers: "number: how many layers these are, which always come together",
      bytes: "bytes: what these take on this disk",
      images: "list of texts: the names of the images that end here, or their ids",
      sharedBy: "number: how many images stand on them",
    })
    .hints(seeImages)
    .runs(async (call: Call<TreeOptions>, names: readonly string[]) => {
      const { drawTree } = await import("../actions/draw-tree.ts");
      await drawTree(call, names);
    });
}
