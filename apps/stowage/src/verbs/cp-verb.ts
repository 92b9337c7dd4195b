import type { CpOptions } from "../actions/copy-files.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function cpVerb(): Verb {
  return new Verb("cp", "Copy files or directories out of an image, without mounting anything")
    .helpGroup(groups.files)
    .argument("<image:path>", "an image and a place in it; with /. at its end, what is in that directory")
    .argument("<file>", "where it goes: into a directory, or under a new name")
    .option("-a, --archive", "keep owners, setuid and setgid; only root can")
    .option("-L, --follow-link", "where the place is a link, copy what it leads to in the image")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage cp alpine:3:/etc/apk .", "a directory, as ./apk")
    .example("stowage cp alpine:3:/etc/. etc", "what is in a directory")
    .answers({
      image: "text: the id of the image",
      path: "text: what was copied, as it was asked for",
      target: "text: where to, as it was asked for",
      entries: "number: how many files, directories and links were made",
      bytes: "bytes: what the files have together",
      leftOut: "list of texts: what was not made: sockets, and devices and fifos where only root can",
    })
    .hints(seeImages)
    .keeps("what had been copied is left there")
    .runs(async (call: Call<CpOptions>, place: string, target: string) => {
      const { copyFiles } = await import("../actions/copy-files.ts");
      await copyFiles(call, place, target);
    });
}
