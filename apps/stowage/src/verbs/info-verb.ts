import { usageFields } from "../output/usage-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function infoVerb(): Verb {
  return new Verb("info", "Say where the store is, who holds it, how it is set up and what is in it")
    .helpGroup(groups.store)
    .example("stowage info", "all of it")
    .example("stowage info --format '{{.root}}'", "the directory of the store")
    .answers({
      root: "text: the directory of the store",
      address: "text: where a daemon would listen",
      daemon: "text: the version of the daemon that holds the store; left out where none does",
      version: "text: the version of this command",
      platform: "text: for what images are chosen",
      snapshotter: "text: how layers are kept and shown",
      durability: "text: what a power cut may take: full, nothing; relaxed, the last half minute",
      settings: "list of texts: the files that the settings were read from",
      images: "number: how many are here and READY",
      damaged: "number: how many have lost something",
      pins: "number: how many patterns, names and ids are pinned",
      holds: "list of texts: who beside images holds something, like a mount",
      ...usageFields("usage", "the disk that images take together"),
    })
    .runs(async (call: Call) => {
      const { showInfo } = await import("../actions/show-info.ts");
      await showInfo(call);
    });
}
