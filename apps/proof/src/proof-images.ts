import { randomUUID } from "node:crypto";
import { nodePlatform } from "@stowage/core";
import { type LayerRecipe, type MadeImage, makeImage } from "@stowage/image-fixtures";
import { formatPlatform } from "@stowage/oci";
import type { TarFile } from "@stowage/tar";

const mtime = 1_700_000_000_000_000_000n;
const mebibyte = 1024 * 1024;

function file(name: string, content: string, mode = 0o644): TarFile {
  return { kind: "file", name, content: new TextEncoder().encode(content), mode, mtime };
}

function directory(name: string, mode = 0o755): TarFile {
  return { kind: "directory", name, mode, mtime };
}

/** Of this test file: a layer that another run has left mounted stays in all stores that have it. */
const ownVariant = randomUUID();

const baseOf = (variant: string): LayerRecipe => ({
  files: [
    directory("./"),
    file("variant", variant),
    directory("bin/"),
    file("bin/hello", "#!/bin/sh\necho hello\n", 0o755),
    { kind: "symlink", name: "bin/hi", linkName: "hello", mode: 0o777, mtime },
    directory("home/", 0o750),
    { ...file("home/old", "to be hidden\n", 0o600), uid: 1000, gid: 1000 },
  ],
});

/** It links to a file of the layer below, and passes through directories of that. */
const middle: LayerRecipe = {
  files: [
    { kind: "hardlink", name: "bin/greet", linkName: "bin/hello", mode: 0o755, mtime },
    file("home/new", "x".repeat(9000), 0o600),
    { kind: "file", name: "home/.wh.old", mtime },
  ],
};

const top: LayerRecipe = { files: [file("bin/more", "more\n")], compression: "zstd" };
const other: LayerRecipe = { files: [directory("srv/"), file("srv/data", "y".repeat(20_000))] };

/** Long enough that it is noted on the way how much of it has arrived. */
const large: LayerRecipe = {
  files: [{ kind: "file", name: "large", content: new Uint8Array(36 * mebibyte).fill(7), mtime }],
  compression: "none",
};

/**
 * The images of the proofs, by name: `alpha:1` with three layers of every kind, `alpha:2` another tag of it, `beta:1` with the
 * lowest of these and one of its own, `gamma:1` with the lower two of `alpha:1`, and `large:1`.
 * Those of another variant share no layer with them, so that a mount of one is none of the other.
 */
export function proofImages(variant: string = ownVariant): ReadonlyMap<string, MadeImage> {
  const base = baseOf(variant);
  const alpha = image(base, middle, top);
  return new Map([
    ["alpha:1", alpha],
    ["alpha:2", alpha],
    ["beta:1", image(base, other)],
    ["gamma:1", image(base, middle)],
    ["large:1", image(large)],
  ]);
}

function image(...layers: readonly LayerRecipe[]): MadeImage {
  const platform = formatPlatform(nodePlatform());
  return makeImage({ platforms: [{ platform, layers }], index: true });
}
