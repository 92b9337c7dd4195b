import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function containersVerb(): Verb {
  return new Verb("containers", "List the containers whose files are here, those of bundles among them")
    .helpGroup(groups.containers)
    .example("stowage containers", "each with its image and whether it is mounted")
    .answers({
      id: "text: its id",
      names: "list of texts: its names",
      image: "text: the id of its image",
      imageName: "text: the image as somebody asked for it",
      state: "text: created, mounted, or lost where what it wrote is gone or may be half written",
      created: "time: when it was created",
    })
    .runs(async (call: Call) => {
      const { listContainers } = await import("../actions/list-containers.ts");
      await listContainers(call);
    });
}
