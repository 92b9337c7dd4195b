import { create } from "@bufbuild/protobuf";
import { type Image as CriImage, ImageSchema } from "@stowage/cri-api";
import { type Image, imageSize } from "@stowage/images";
import { parseImageUser } from "@stowage/oci";

/** Images as the kubelet sees them, each made once: a kubelet asks for all of them again and again. */
export function createTeller(): (image: Image) => CriImage {
  const told = new WeakMap<Image, CriImage>();
  return (image) => {
    const known = told.get(image) ?? criImageOf(image);
    told.set(image, known);
    return known;
  };
}

/** An image as the kubelet sees it; the same by whatever name it was asked for. */
export function criImageOf(image: Image): CriImage {
  const user = parseImageUser(image.user);
  return create(ImageSchema, {
    id: image.id,
    repoTags: [...image.tags],
    repoDigests: [...image.digests],
    size: BigInt(imageSize(image)),
    ...(user.kind === "uid" ? { uid: { value: BigInt(user.uid) } } : {}),
    ...(user.kind === "name" ? { username: user.name } : {}),
    spec: { annotations: { ...image.annotations } },
  });
}
