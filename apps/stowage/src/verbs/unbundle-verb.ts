import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function unbundleVerb(): Verb {
  return new Verb("unbundle", "Take bundles away, with all that was written in them")
    .helpGroup(groups.containers)
    .argument("<dir...>", "directories that stowage bundle has made")
    .example("stowage unbundle app", "unmount its root file system and give its disk back")
    .answers({
      container: "text: the id of the container whose files it had",
      bundle: "text: the directory; it is gone where nothing else was in it",
    })
    .hints({ "not-found": "stowage containers lists what is there" })
    .runs(async (call: Call, dirs: readonly string[]) => {
      const { removeBundles } = await import("../actions/remove-bundles.ts");
      await removeBundles(call, dirs);
    });
}
