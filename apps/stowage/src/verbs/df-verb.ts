import { usageFields } from "../output/usage-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function dfVerb(): Verb {
  return new Verb("df", "Say what takes how much of the disk, to the last byte")
    .helpGroup(groups.store)
    .example("stowage df", "what each image and all else takes")
    .example("stowage df --format '{{.total.bytes}}'", "the bytes that all of it takes")
    .answers({
      "images.id": "text: an image",
      "images.names": "list of texts: its names",
      "images.unique": "bytes: what it has that no other image has: its removal gives that back",
      "images.shared": "bytes: what it has that others have, too",
      "lines.kind": "text: what it is: layers, writable, documents, layer blobs, arriving, leftovers, trash and so on",
      "lines.bytes": "bytes: what that takes",
      "lines.inodes": "number: the files and directories that it is in",
      ...usageFields("total", "what everything takes"),
      ...usageFields("unaccounted", "what takes disk and has no known purpose"),
      "unaccounted.paths": "list of texts: where that is",
    })
    .runs(async (call: Call) => {
      const { showDisk } = await import("../actions/show-disk.ts");
      await showDisk(call);
    });
}
