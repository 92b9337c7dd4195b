import type { Fields } from "./fields.ts";

/** The fields of an image's JSON. */
export const imageFields: Fields = {
  id: "text: the digest of its config; of an artifact, of its manifest",
  tags: "list of texts: its names with a tag, in full",
  digests: "list of texts: its names with a digest",
  platform: "text: for what it is, like linux/arm64",
  size: "bytes: what it takes on this disk, all its layers counted",
  damage: "list of texts: what it needs and has lost, and how; empty where it is READY",
  created: "time: when it was built, as it says itself",
  pulled: "time: when it first came here",
  user: "text: whom its processes run as",
  annotations: "map of texts: those of its manifest",
  manifest: "text: the digest of its manifest",
  index: "text: the digest of the index that the manifest was chosen from",
  config: "text: the digest of its config",
  "layers.digest": "text: of the layer as the registry has it; layers come from the bottom up",
  "layers.mediaType": "text: its kind",
  "layers.compressed": "bytes: its size as the registry has it",
  "layers.diffId": "text: the digest of its plain tar",
  "layers.bytes": "bytes: what it takes on this disk",
  "layers.inodes": "number: how many files and directories it has here",
};
