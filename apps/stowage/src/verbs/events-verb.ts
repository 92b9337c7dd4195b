import type { EventsOptions } from "../actions/follow-events.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function eventsVerb(): Verb {
  return new Verb("events", "Follow what happens to the images of a daemon")
    .helpGroup(groups.store)
    .option("--progress", "each step of each pull, too")
    .example("stowage events", "until it is interrupted")
    .example("stowage events --json | jq -r 'select(.kind == \"published\").image'", "the ids of images that come")
    .answers({
      time: "time: when this heard of it",
      kind: "text: published, removed, damaged, pull-started, pull-progress, pull-succeeded or pull-failed",
      image: "text: the id of the image that it is about",
      names: "list of texts: the names of that image",
      isNew: "truth: whether a published image was not here before",
      pull: "text: tells one pull from the others",
      reference: "text: what is pulled",
      layer: "text: the digest of the layer that progress is about",
      phase: "text: what goes on with that layer; committing, when it is about all of them",
      bytes: "bytes: how far it is",
      size: "bytes: of how much",
      why: "text: why a pull failed",
    })
    .runs(async (call: Call<EventsOptions>) => {
      const { followEvents } = await import("../actions/follow-events.ts");
      await followEvents(call);
    });
}
