import type { PullOptions } from "../actions/pull-images.ts";
import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { seeRegistry } from "./see-registry.ts";
import { Verb } from "./verb.ts";

export function pullVerb(): Verb {
  return withRegistryOptions(new Verb("pull", "Bring images here, verified and unpacked"))
    .helpGroup(groups.images)
    .argument("<image...>", "references, like alpine:3 or ghcr.io/owner/name@sha256:…")
    .option("--platform <os/arch>", "the platform to choose (default: this machine's)")
    .option("--all-platforms", "the images for all platforms; the name is that of this machine's")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage pull alpine:3", "from Docker Hub")
    .example("stowage pull ghcr.io/owner/a:1 ghcr.io/owner/b:1", "several at once")
    .answers(imageFields)
    .hints(seeRegistry)
    .keeps("what had arrived is kept for the next try")
    .runs(async (call: Call<PullOptions>, texts: readonly string[]) => {
      const { pullImages } = await import("../actions/pull-images.ts");
      await pullImages(call, texts);
    });
}
