import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import { kernelMounter } from "@stowage/container-fs";
import type { ContainerVerbs } from "@stowage/containers";
import { openStore } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { MadeImage } from "@stowage/image-fixtures";
import type { ImageSource, ImageVerbs } from "@stowage/image-service";
import { digestOf } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import { connectStore } from "@stowage/store-client";
import { onTestFinished } from "vitest";
import { startDaemon } from "./index.ts";
import { scratch } from "./metrics.test.fixture.ts";

/** A fresh store, asked directly or through a daemon that has it. A finished pull holds nothing. */
export async function openVerbs(
  held: { readonly daemon: boolean },
  given: Partial<Settings> = {},
): Promise<ImageVerbs> {
  return (await openHeld(held, given)).images;
}

/** The same, with its containers, which are unmounted after the test. */
export async function openHeld(
  { daemon }: { readonly daemon: boolean },
  given: Partial<Settings> = {},
): Promise<HeldStore> {
  const directory = await scratch();
  const [root, runRoot, address] = [join(directory, "store"), join(directory, "run"), join(directory, "s.sock")];
  const pull = { ...defaultSettings.pull, lease: 0 };
  const settings = { ...defaultSettings, pull, ...given, root, runRoot, address };
  onTestFinished(() => kernelMounter.unmount(runRoot));
  if (!daemon) {
    const store = await openStore(settings);
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  }
  const running = await startDaemon(settings);
  onTestFinished(() => running[Symbol.asyncDispose]());
  const client = connectStore(address);
  onTestFinished(() => client[Symbol.dispose]());
  return { images: client, containers: client.containers };
}

export interface HeldStore {
  readonly images: ImageVerbs;
  readonly containers: ContainerVerbs;
}

/** An image that is nowhere but in memory, and which of its blobs were read, from where on. */
export interface MemorySource extends ImageSource {
  readonly reads: { readonly digest: string; readonly from: number }[];
}

/** `change` says what is read in place of a blob; `undefined` for what is not there. */
export function sourceOf(
  made: MadeImage,
  names: readonly Reference[],
  change: (bytes: Uint8Array) => Uint8Array | undefined = (bytes) => bytes,
): MemorySource {
  const all = [made.root.bytes, ...made.documents.map(({ bytes }) => bytes), ...made.blobs];
  const blobs = new Map<string, Uint8Array>(all.map((bytes) => [digestOf(bytes), bytes]));
  const reads: MemorySource["reads"] = [];
  return {
    root: { mediaType: made.root.mediaType, digest: made.digest, size: made.root.bytes.byteLength },
    names,
    reads,
    async *read(digest, from) {
      reads.push({ digest, from });
      const bytes = change(blobs.get(digest) ?? new Uint8Array());
      if (bytes === undefined) throw new StowageError("not-found", `Cannot read blob ${digest}: it is not there`);
      yield bytes.subarray(from);
    },
  };
}
