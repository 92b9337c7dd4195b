import { Option } from "commander";
import type { SaveOptions } from "../actions/save-images.ts";
import { archiveTypes } from "../store/archive-output.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { withRegistryOptions } from "./registry-options.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function saveVerb(): Verb {
  const form = "docker-archive is an OCI archive, too (default: oci-layout for a directory, else docker-archive)";
  const verb = new Verb("save", "Write images into an archive, digests kept")
    .helpGroup(groups.images)
    .argument(
      "<image...>",
      "names, or ids for images with all their names; layers that are not kept come from the registry",
    )
    .option("-o, --output <file>", "a file, or a directory for an OCI layout (default: stdout)")
    .addOption(new Option("--type <form>", form).choices(archiveTypes))
    .option("-q, --quiet", "tell nothing on the way");
  return withRegistryOptions(verb)
    .example("stowage save alpine:3 -o alpine.tar", "for stowage, docker, podman, nerdctl and skopeo")
    .example("stowage save a:1 b:1 | ssh host stowage load", "several, to another machine")
    .example("stowage save alpine:3 -o layout/", "an OCI layout, which grows with each save")
    .answers({
      image: "text: the id of the image",
      names: "list of texts: what it is called in the archive",
      digest: "text: the digest of its index or manifest, which is as it is here",
      blobs: "number: how many documents and layers it has",
      bytes: "bytes: what these have together, some perhaps shared with other images of the archive",
      output: "text: the file or the directory",
    })
    .hints({
      ...seeImages,
      unauthenticated: 'layers that are not kept here come from there; try "stowage login"',
      unavailable: "layers that are not kept here come from there",
    })
    .keeps("no archive was written; in a layout, the blobs that are whole are kept")
    .runs(async (call: Call<SaveOptions>, names: readonly string[]) => {
      const { saveImages } = await import("../actions/save-images.ts");
      await saveImages(call, names);
    });
}
