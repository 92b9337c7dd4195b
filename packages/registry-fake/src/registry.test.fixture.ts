import type { Descriptor } from "@stowage/oci";
import { type FakeImage, type FakeRegistry, type FakeRegistryOptions, startRegistry } from "./index.ts";

export const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);

/** An image whose documents only look like some. */
export const image: FakeImage = {
  root: { bytes: text('{"root":true}'), mediaType: "application/vnd.oci.image.index.v1+json" },
  documents: [{ bytes: text('{"root":false}'), mediaType: "application/vnd.oci.image.manifest.v1+json" }],
  blobs: [text("config"), text("layer")],
};

export interface Started {
  readonly registry: FakeRegistry;
  /** Of the image. */
  readonly descriptor: Descriptor;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
}

/** A registry that has the image as `a/b:v1`, and a way to ask it. */
export async function start(options?: FakeRegistryOptions): Promise<Started> {
  const registry = await startRegistry(options);
  const descriptor = registry.putImage("a/b", "v1", image);
  return { registry, descriptor, get: (path, init) => fetch(registry.origin + path, init) };
}
