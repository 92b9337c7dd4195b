import { type Client, createClient } from "@connectrpc/connect";
import { ImageService } from "@stowage/cri-api";
import { openSocketTransport } from "@stowage/store-client";
import type { Tally } from "./tally.ts";

/** Others remove what was just listed; that this happens so many times in a row to an image that is there is not believed. */
const tries = 5;

/** Looks whether what is listed is found and sane. */
export async function checkAnswers(address: string, tally: Tally): Promise<void> {
  using socket = openSocketTransport(address);
  const images = createClient(ImageService, socket.transport);
  const { images: listed } = await images.listImages({});
  for (const { id, size, repoTags, repoDigests } of listed) {
    if (!/^sha256:[0-9a-f]{64}$/.test(id)) tally.blame(`the id "${id}" is listed`);
    if (size === 0n) tally.blame(`an image of size 0 is listed`);
    if (repoTags.length + repoDigests.length === 0) tally.blame("an image without a name is listed");
    if (!(await isFoundOrGone(images, id))) tally.blame("an image is listed and not found");
  }
  if (new Set(listed.map(({ id }) => id)).size !== listed.length) tally.blame("an image is listed twice");
}

async function isFoundOrGone(images: Client<typeof ImageService>, id: string): Promise<boolean> {
  for (let left = tries; left > 0; left -= 1) {
    if ((await images.imageStatus({ image: { image: id } })).image !== undefined) return true;
    if (!(await images.listImages({})).images.some((image) => image.id === id)) return true;
  }
  return false;
}
