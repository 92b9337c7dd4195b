import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { seeRegistry } from "./see-registry.ts";
import { Verb } from "./verb.ts";

export function tagsVerb(): Verb {
  return withRegistryOptions(new Verb("tags", "List the tags of a repository in its registry"))
    .helpGroup(groups.registries)
    .argument("<repository>", "like alpine or ghcr.io/owner/name")
    .example("stowage tags alpine", "those that Docker Hub has, in its order")
    .answers({
      tag: "text: the tag",
      name: "text: the whole name, to pull it by",
    })
    .hints(seeRegistry)
    .runs(async (call: Call<RegistryOptions>, repository: string) => {
      const { listTags } = await import("../actions/list-tags.ts");
      await listTags(call, repository);
    });
}
