import type { FilesystemUsage, Image } from "@stowage/cri-api";
import { connectKubelet, type Kubelet } from "./kubelet.ts";
import type { Teller } from "./teller.ts";

export interface Asking {
  /** The path of the daemon's socket. */
  readonly address: string;
  /** The reference to pull. */
  readonly image: string;
  /** Done while the image is here, with its id. */
  readonly meanwhile: (id: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Makes the calls that a kubelet makes, from its first one to the removal of an image. */
export async function askLikeAKubelet(asking: Asking, teller: Teller): Promise<void> {
  using kubelet = connectKubelet(asking.address);
  await greet(kubelet, teller);
  const imageRef = await pullAndLook(kubelet, asking, teller);
  await asking.meanwhile(imageRef);
  await remove(kubelet, imageRef, teller);
}

async function greet({ images, runtime }: Kubelet, teller: Teller): Promise<void> {
  await teller.step(
    "Version",
    () => runtime.version({}),
    ({ runtimeName, runtimeVersion, runtimeApiVersion }) => [
      `${runtimeName} ${runtimeVersion}, CRI ${runtimeApiVersion}`,
    ],
  );
  await teller.step(
    "ImageFsInfo",
    () => images.imageFsInfo({}),
    ({ imageFilesystems }) => imageFilesystems.map(describeUsage),
  );
}

async function pullAndLook({ images }: Kubelet, { image, signal }: Asking, teller: Teller): Promise<string> {
  const { imageRef } = await teller.step(
    `PullImage ${image}`,
    () => images.pullImage({ image: { image } }, { signal }),
    (pulled) => [pulled.imageRef],
  );
  await teller.step(
    `ImageStatus ${image}`,
    () => images.imageStatus({ image: { image } }),
    (status) => (status.image === undefined ? ["no such image"] : describeImage(status.image)),
  );
  await teller.step(
    "ListImages",
    () => images.listImages({}),
    (list) => list.images.map(({ id, repoTags }) => `${id.slice(7, 19)}  ${repoTags.join(" ")}`),
  );
  await teller.step(
    "ImageFsInfo",
    () => images.imageFsInfo({}),
    ({ imageFilesystems }) => imageFilesystems.map(describeUsage),
  );
  return imageRef;
}

async function remove({ images }: Kubelet, image: string, teller: Teller): Promise<void> {
  await teller.step(
    `RemoveImage ${image.slice(0, 19)}…`,
    () => images.removeImage({ image: { image } }),
    () => ["removed, with all its names"],
  );
  await teller.step(
    "ListImages",
    () => images.listImages({}),
    (list) => [`${list.images.length} images`],
  );
  await teller.step(
    "ImageFsInfo",
    () => images.imageFsInfo({}),
    ({ imageFilesystems }) => imageFilesystems.map(describeUsage),
  );
}

function describeImage({ id, repoTags, repoDigests, size, uid, username }: Image): readonly string[] {
  const user = uid === undefined ? username || "not set" : String(uid.value);
  return [
    `id      ${id}`,
    ...repoTags.map((tag) => `tag     ${tag}`),
    ...repoDigests.map((digest) => `digest  ${digest}`),
    `size    ${size} bytes on this disk`,
    `user    ${user}`,
  ];
}

function describeUsage({ usedBytes, inodesUsed, fsId }: FilesystemUsage): string {
  return `${usedBytes?.value ?? 0n} bytes in ${inodesUsed?.value ?? 0n} inodes, under ${fsId?.mountpoint ?? "?"}`;
}
