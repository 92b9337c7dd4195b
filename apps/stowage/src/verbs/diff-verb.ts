import type { DiffOptions } from "../actions/diff-images.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function diffVerb(): Verb {
  return new Verb("diff", "Compare two images: which layers they share, and which files differ")
    .helpGroup(groups.files)
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("<other>", "the image that it is compared with")
    .option("--layers", "only the layers")
    .option("--files", "only the files")
    .example("stowage diff app:1 app:2", "what the second has added (A), changed (C) and deleted (D)")
    .answers({
      image: "text: the id of the first image",
      other: "text: the id of the second",
      "layers.in": "text: both, image or other; those that both have from the bottom up come first",
      "layers.diffId": "text: the digest of its plain tar",
      "layers.bytes": "bytes: what it takes on this disk",
      "files.kind": "text: added, changed or removed, as the second image has it",
      "files.path": "text: from the root of the image; bytes that are no UTF-8 as \\xNN",
      "files.what":
        "list of texts: what has changed: kind, content, mode, owner, time, target, device or attributes; empty of others",
      "files.bytes": "bytes: the size of the file, of one that was removed as it was",
    })
    .hints(seeImages)
    .runs(async (call: Call<DiffOptions>, one: string, other: string) => {
      const { diffImages } = await import("../actions/diff-images.ts");
      await diffImages(call, one, other);
    });
}
