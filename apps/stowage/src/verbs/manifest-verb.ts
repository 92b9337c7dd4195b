import type { ManifestOptions } from "../actions/show-manifest.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { seeRegistry } from "./see-registry.ts";
import { Verb } from "./verb.ts";

export function manifestVerb(): Verb {
  return withRegistryOptions(new Verb("manifest", "Print the manifest or index that a registry has under a name"))
    .helpGroup(groups.registries)
    .argument("<reference>", "like alpine:3, or with a digest")
    .option("--platform <os/arch>", "of an index, the manifest for this platform")
    .example("stowage manifest alpine:3", "the bytes as they are; on a terminal, with an indent")
    .example("stowage manifest alpine:3 --platform linux/arm64 --format '{{.digest}}'", "the digest alone")
    .answers({
      reference: "text: what was asked for, in full",
      digest: "text: the digest of the bytes",
      mediaType: "text: what they are",
      size: "bytes: how many there are",
      manifest: "map: what is in them",
    })
    .hints(seeRegistry)
    .runs(async (call: Call<ManifestOptions>, reference: string) => {
      const { showManifest } = await import("../actions/show-manifest.ts");
      await showManifest(call, reference);
    });
}
