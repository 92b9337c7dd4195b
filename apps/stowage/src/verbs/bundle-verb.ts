import type { BundleOptions } from "../actions/make-bundle.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function bundleVerb(): Verb {
  return new Verb("bundle", "Make a bundle of an image that runc or crun can run")
    .helpGroup(groups.containers)
    .argument("<image>", "a name, an id or the beginning of one")
    .argument("<dir>", "where config.json goes; made where it is missing")
    .argument("[command...]", "what to run in place of the image's command, behind --")
    .option("-e, --env <name=value>", "set a variable of the environment; several times for several", collect)
    .option("-u, --user <user>", "whom to run it as, like app, 1000 or 1000:1000 (default: the image's user)")
    .option("-w, --workdir <path>", "where to run it (default: the image's working directory)")
    .option("-t, --tty", "give it a terminal")
    .option("--read-only", "let nothing be written to its root file system")
    .option("--hostname <name>", "its host name (default: the beginning of the container's id)")
    .example("stowage bundle alpine:3 app -- sleep 60 && crun run -b app box", "run it, in namespaces of its own")
    .example("stowage bundle alpine:3 app", "after a boot: mount it again, with all that was written in it")
    .example("stowage unbundle app", "take it away, with all that was written in it")
    .answers({
      container: "text: the id of the container whose files it has",
      image: "text: the id of the image",
      bundle: "text: the directory with config.json",
      rootfs: "text: where its root file system is mounted",
    })
    .hints(seeImages)
    .runs(async (call: Call<BundleOptions>, ...[image, dir, command]: BundleOperands) => {
      const { makeBundle } = await import("../actions/make-bundle.ts");
      await makeBundle(call, { image, dir, command });
    });
}

type BundleOperands = readonly [image: string, dir: string, command: readonly string[]];

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
