import type { MadeImage } from "@stowage/image-fixtures";
import type { FakeRegistry } from "@stowage/registry-fake";

/** How often each blob of an image was asked for: its config, then its layers, the lowest first. */
export function blobsFetched({ requests }: FakeRegistry, { platforms }: MadeImage): readonly number[] {
  const [{ id, layers } = { id: "", layers: [] }] = platforms;
  return [id, ...layers.map(({ descriptor }) => descriptor.digest)].map((digest) => {
    return requests.filter(({ method, path }) => method === "GET" && path.endsWith(`/blobs/${digest}`)).length;
  });
}
