import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { digestOf } from "@stowage/oci";
import type { PushedBlob, RegistryPushing } from "@stowage/registry";
import { openHttpRegistry } from "@stowage/registry-http";
import { inParallel } from "./in-parallel.ts";

const path = "bench/small";

/** Puts so many images into the registry, no two with a blob in common, and returns what they are pulled by. */
export async function pushSmallImages(domain: string, count: number): Promise<readonly string[]> {
  await using registry = openHttpRegistry({ plainHttp: () => true });
  const numbers = Array.from({ length: count }, (_, number) => number);
  await inParallel(numbers, width, (number) =>
    pushImage(registry, { domain, path, tag: `${number}` }, smallImage(number)),
  );
  return numbers.map((number) => `${domain}/${path}:${number}`);
}

async function pushImage(
  registry: RegistryPushing,
  reference: { readonly domain: string; readonly path: string; readonly tag: string },
  image: MadeImage,
): Promise<void> {
  const repository = { domain: reference.domain, path: reference.path };
  for (const blob of image.blobs) await registry.pushBlob(repository, asPushed(blob));
  await registry.pushDocument(reference, image.root);
}

function asPushed(bytes: Uint8Array): PushedBlob {
  return {
    digest: digestOf(bytes),
    size: bytes.byteLength,
    open: async function* (from) {
      yield bytes.subarray(from);
    },
  };
}

/** One layer of a few files, of which one says the number. */
function smallImage(number: number): MadeImage {
  const files = [
    { kind: "directory", name: "./", mode: 0o755 },
    { kind: "directory", name: "bin/", mode: 0o755 },
    { kind: "file", name: "bin/hello", mode: 0o755, content: Buffer.from("#!/bin/sh\necho hello\n") },
    { kind: "directory", name: "etc/", mode: 0o755 },
    { kind: "file", name: "etc/number", mode: 0o644, content: Buffer.from(`${number}\n`) },
  ] as const;
  return makeImage({ platforms: [{ platform, layers: [{ files }] }] });
}

/** What this machine runs, so that nobody has to choose. */
const platform = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;

/** Enough to keep the registry busy. */
const width = 8;
