import type { MadeImage } from "@stowage/image-fixtures";
import type { FakeRegistry } from "@stowage/registry-fake";

/** How often each layer of an image was asked for, the lowest layer first. */
export function layersFetched({ requests }: FakeRegistry, { platforms }: MadeImage): readonly number[] {
  const layers = platforms[0]?.layers ?? [];
  return layers.map(({ descriptor: { digest } }) => {
    return requests.filter(({ method, path }) => method === "GET" && path.endsWith(digest)).length;
  });
}
