import type { ServiceImpl } from "@connectrpc/connect";
import { encodeStoredImage, encodeUntagging, type StoreService } from "@stowage/cri-api";
import type { ImageService } from "@stowage/image-service";
import { parseReference } from "@stowage/reference";
import { unary } from "./status.ts";

type NamingMethods = Pick<ServiceImpl<typeof StoreService>, "tag" | "untag" | "listPins" | "pin" | "unpin">;

/** Names and pins. */
export function namingMethods(images: ImageService): NamingMethods {
  return {
    tag: unary(async ({ name, reference, force, handler }, options) => ({
      image: encodeStoredImage(await images.tag(name, parseReference(reference), { ...options, force, handler })),
    })),
    untag: unary(async ({ reference, handler }, options) =>
      encodeUntagging(await images.untag(parseReference(reference), { ...options, handler })),
    ),
    listPins: unary(async (_request, options) => ({
      pins: (await images.pins(options)).map(({ pattern, by }) => ({ pattern, by })),
    })),
    pin: unary(async ({ name }, options) => {
      const { pattern, by } = await images.pin(name, options);
      return { pattern, by };
    }),
    unpin: unary(async ({ name }, options) => ({ pattern: (await images.unpin(name, options)).pattern })),
  };
}
