import type { HistoryOptions } from "../actions/show-history.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeImages } from "./see-images.ts";
import { Verb } from "./verb.ts";

export function historyVerb(): Verb {
  return new Verb("history", "Show how an image was built, the last step first")
    .helpGroup(groups.images)
    .argument("<image>", "a name, an id or the beginning of one")
    .option("--no-trunc", "do not shorten what made a step")
    .example("stowage history alpine:3", "its steps and what each added")
    .answers({
      created: "time: when the step was made, as the image says",
      createdBy: "text: what made it",
      comment: "text: what was said of it",
      author: "text: who made it",
      layer: "text: the digest of the layer that it made; left out where it made none",
      diffId: "text: the digest of the plain tar of that layer",
      bytes: "bytes: what that layer takes on this disk",
    })
    .hints(seeImages)
    .runs(async (call: Call<HistoryOptions>, name: string) => {
      const { showHistory } = await import("../actions/show-history.ts");
      await showHistory(call, name);
    });
}
