import { StowageError } from "@stowage/errors";
import { z } from "zod";

/** What a runtime notes of a container, in the words of CRI-O. */
export interface ContainerMetadata {
  readonly podName: string;
  readonly podId: string;
  /** The image as somebody asked for it. */
  readonly imageName: string;
  /** 64 hex digits. */
  readonly imageId: string;
  readonly name: string;
  readonly metadataName: string;
  readonly uid: string;
  readonly namespace: string;
  /** The SELinux label that its files are shown with; empty for none. */
  readonly mountLabel: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly attempt: number;
  /** Whether it is the one that holds a pod sandbox. */
  readonly isPod: boolean;
  readonly isPrivileged: boolean;
}

/** Reads the JSON that CRI-O writes; what it does not know is passed over. Fails with `invalid-argument` for anything else. */
export function parseContainerMetadata(text: string): ContainerMetadata {
  const found = schema.safeParse(jsonIn(text));
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "it" : `"${issue.path.join(".")}"`;
  throw new StowageError("invalid-argument", `Cannot read container metadata: ${where} is not as it has to be`);
}

/** Writes it as CRI-O does: its names in its order, and what is empty left out where it leaves that out. */
export function formatContainerMetadata(metadata: ContainerMetadata): string {
  const { uid, namespace, mountLabel, attempt, isPod, isPrivileged } = metadata;
  return JSON.stringify({
    "pod-name": metadata.podName,
    "pod-id": metadata.podId,
    "image-name": metadata.imageName,
    "image-id": metadata.imageId,
    name: metadata.name,
    "metadata-name": metadata.metadataName,
    ...(uid === "" ? {} : { uid }),
    ...(namespace === "" ? {} : { namespace }),
    ...(mountLabel === "" ? {} : { mountlabel: mountLabel }),
    "created-at": metadata.createdAt,
    ...(attempt === 0 ? {} : { attempt }),
    ...(isPod ? { pod: true } : {}),
    ...(isPrivileged ? { privileged: true } : {}),
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StowageError("invalid-argument", "Cannot read container metadata: it is no JSON", { cause });
  }
}

const text = z.string().default("");

/** Whatever CRI-O may leave out, or an older one did not know, is empty. */
const schema = z
  .object({
    "pod-name": text,
    "pod-id": text,
    "image-name": text,
    "image-id": text,
    name: text,
    "metadata-name": text,
    uid: text,
    namespace: text,
    mountlabel: text,
    "created-at": z.int().default(0),
    attempt: z.int().min(0).max(0xffff_ffff).default(0),
    pod: z.boolean().default(false),
    privileged: z.boolean().default(false),
  })
  .transform(
    (found): ContainerMetadata => ({
      podName: found["pod-name"],
      podId: found["pod-id"],
      imageName: found["image-name"],
      imageId: found["image-id"],
      name: found.name,
      metadataName: found["metadata-name"],
      uid: found.uid,
      namespace: found.namespace,
      mountLabel: found.mountlabel,
      createdAt: found["created-at"],
      attempt: found.attempt,
      isPod: found.pod,
      isPrivileged: found.privileged,
    }),
  );
