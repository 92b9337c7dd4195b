import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MadeImage, MadePlatform } from "@stowage/image-fixtures";
import { type Descriptor, type Digest, digestOf, encodedOf, mediaTypes } from "@stowage/oci";
import { encodeTar, type TarFile } from "@stowage/tar";
import { onTestFinished } from "vitest";
import type { ExportedImage, ExportSource, ImageArchive } from "./index.ts";

/** A directory that goes with the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "archive-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** All blobs and documents of some images by their digests. */
export function sourceOf(...images: readonly MadeImage[]): ExportSource {
  const bytes = new Map<Digest, Uint8Array>();
  for (const { root, documents, blobs } of images) {
    for (const blob of [root.bytes, ...documents.map((document) => document.bytes), ...blobs])
      bytes.set(digestOf(blob), blob);
  }
  return {
    async *read(digest) {
      const found = bytes.get(digest);
      if (found === undefined) throw new Error(`the test has no ${digest}`);
      for (let at = 0; at < found.byteLength; at += 1000) yield found.subarray(at, at + 1000);
    },
  };
}

export function rootOf({ root, digest }: MadeImage): Descriptor {
  return { mediaType: root.mediaType, digest, size: root.bytes.byteLength };
}

export function exported(image: MadeImage, ...names: readonly string[]): ExportedImage {
  const manifests = image.platforms.map((platform) => ({
    descriptor: platform.manifest,
    config: { mediaType: mediaTypes.ociConfig, digest: platform.id, size: configOf(image, platform).byteLength },
    layers: platform.layers.map(({ descriptor }) => descriptor),
  }));
  return { names, root: rootOf(image), manifests };
}

/** The first platform alone, whose manifest is the root then. */
export function onlyAmd64(image: MadeImage, ...names: readonly string[]): ExportedImage {
  const [manifest] = exported(image).manifests;
  if (manifest === undefined) throw new Error("an image has a manifest");
  return { names, root: manifest.descriptor, manifests: [manifest] };
}

export function configOf(image: MadeImage, { id }: MadePlatform): Uint8Array {
  return image.blobs.find((blob) => digestOf(blob) === id) ?? new Uint8Array();
}

export function tar(files: readonly TarFile[]): Buffer {
  return Buffer.concat([...encodeTar(files)]);
}

export function file(name: string, content: string | Uint8Array | object): TarFile {
  const isBytes = content instanceof Uint8Array;
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { kind: "file", name, content: isBytes ? content : Buffer.from(text) };
}

/** As docker 1.10 to 24 wrote it: a directory for each layer, one that is there already as a symlink. */
export function oldDockerFiles(image: MadeImage, names: readonly string[] = ["old:1"]): readonly TarFile[] {
  const [platform] = image.platforms;
  if (platform === undefined) throw new Error("an image has a platform");
  const config = `${encodedOf(platform.id)}.json`;
  const layers = platform.layers.flatMap(({ bytes }, at): readonly TarFile[] => {
    const first = platform.layers.findIndex((layer) => Buffer.from(layer.bytes).equals(bytes));
    const layer: TarFile =
      first === at
        ? file(`layer${at}/layer.tar`, bytes)
        : { kind: "symlink", name: `layer${at}/layer.tar`, linkName: `../layer${first}/layer.tar` };
    return [{ kind: "directory", name: `layer${at}/` }, file(`layer${at}/VERSION`, "1.0"), layer];
  });
  const Layers = platform.layers.map((_, at) => `layer${at}/layer.tar`);
  const list = [{ Config: config, RepoTags: names, Layers }];
  return [...layers, file(config, configOf(image, platform)), file("manifest.json", list), file("repositories", {})];
}

/** The bytes in pieces of a size that nothing is aligned to. */
export async function* pieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

export async function bytesOf(archive: ImageArchive, digest: Digest, from?: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(archive.read(digest, from)));
}

/** Runs a program of others; its output, or a failed test. */
export function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${error ?? stderr}`);
  return stdout;
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}
