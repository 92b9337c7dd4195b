import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function whyVerb(): Verb {
  return new Verb("why", "Say what something of the store is, and what keeps it there")
    .helpGroup(groups.store)
    .argument("<what>", "a path in the store or below a mount, or a digest: of a layer, a blob or a document")
    .example("stowage why /var/lib/stowage/storage/overlay/l/XYZ", "whose layer that is")
    .example("stowage why sha256:4abcf206…", "which images have it")
    .answers({
      kind: "text: layer, blob, or for what the store has the file: arriving, trash, database and so on",
      digest: "text: of a blob its digest, of a layer its chain id",
      path: "text: where it is, below the store",
      "images.id": "text: an image that has it",
      "images.names": "list of texts: the names of that image",
      "images.as": "text: what it is to that image: a layer, the blob of one, its manifest, index, config or a file",
      holders: "list of texts: who else holds it, like a mount",
      isNeeded: "truth: whether it stays; what is not needed goes with the next collection, or is kept by the settings",
    })
    .runs(async (call: Call, what: string) => {
      const { explainThing } = await import("../actions/explain-thing.ts");
      await explainThing(call, what);
    });
}
