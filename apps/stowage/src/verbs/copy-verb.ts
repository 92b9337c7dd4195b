import type { CopyOptions } from "../actions/copy-image.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { seeRegistry } from "./see-registry.ts";
import { Verb } from "./verb.ts";

export function copyVerb(): Verb {
  return new Verb("copy", "Copy an image from one registry to another, all platforms, digests kept")
    .helpGroup(groups.registries)
    .argument("<from>", "like alpine:3, or with a digest")
    .argument("<to>", "its name there, with a tag")
    .option("--platform <os/arch>", "of an index, only the manifest for this platform")
    .option("--plain-http", "speak http to both registries, not https")
    .option("--src-creds <user:password>", "a credential for the registry that it comes from")
    .option("--dest-creds <user:password>", "a credential for the registry that it goes to")
    .option("--authfile <file>", "a docker config.json or podman auth.json with credentials")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage copy alpine:3 registry.example/alpine:3", "with everything that its index names")
    .answers({
      from: "text: where it came from",
      to: "text: where it went",
      digest: "text: the digest of what is there now",
      documents: "number: how many manifests and indexes were sent",
      pushed: "number: how many blobs were sent",
      mounted: "number: how many the registry took from another of its repositories",
      present: "number: how many were there already",
      bytes: "bytes: what was sent of blobs",
    })
    .hints({ ...seeRegistry, unavailable: "what was sent need not be sent again" })
    .keeps("what was sent need not be sent again")
    .runs(async (call: Call<CopyOptions>, from: string, to: string) => {
      const { copyImage } = await import("../actions/copy-image.ts");
      await copyImage(call, from, to);
    });
}
