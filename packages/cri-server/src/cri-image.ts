import { create, toBinary } from "@bufbuild/protobuf";
import { type Image as CriImage, ImageSchema } from "@stowage/cri-api";
import { type Image, imageSize } from "@stowage/images";
import { parseImageUser } from "@stowage/oci";

/** An image as the kubelet sees it, and how many bytes that is on the wire. */
export interface ToldImage {
  readonly image: CriImage;
  readonly bytes: number;
}

/** Images as the kubelet sees them, each made once: a kubelet asks for all of them again and again. */
export function createTeller({ isPinned }: PinTeller): (image: Image) => ToldImage {
  const told = new WeakMap<Image, ToldImage>();
  return (image) => {
    const pinned = isPinned(image);
    const known = told.get(image);
    if (known?.image.pinned === pinned) return known;
    const made = criImageOf(image, { pinned });
    const fresh = { image: made, bytes: toBinary(ImageSchema, made).byteLength };
    told.set(image, fresh);
    return fresh;
  };
}

export interface PinTeller {
  /** Whether the kubelet is told to let the image be. It changes with the settings. */
  readonly isPinned: (image: Image) => boolean;
}

/** The same by whatever name it was asked for. */
function criImageOf(image: Image, { pinned }: { readonly pinned: boolean }): CriImage {
  const user = parseImageUser(image.user);
  return create(ImageSchema, {
    id: image.id,
    repoTags: [...image.tags],
    repoDigests: [...image.digests],
    size: BigInt(imageSize(image)),
    ...(user.kind === "uid" ? { uid: { value: BigInt(user.uid) } } : {}),
    ...(user.kind === "name" ? { username: user.name } : {}),
    spec: { annotations: { ...image.annotations }, runtimeHandler: image.handler ?? "" },
    pinned,
  });
}
