import { parseContainerMetadata } from "@stowage/container-state";
import type { Container } from "@stowage/containers";
import { formatAge } from "../output/format-time.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "../verbs/call.ts";

/** Prints the containers, oldest first. */
export async function listContainers(call: Call): Promise<void> {
  await using open = await call.open();
  const containers = (await open.containers.list({ signal: call.signal })).map(containerJson);
  const rows = containers.map(({ id, names, image, imageName, state, created }) => [
    id.slice(0, 12),
    names.join(", "),
    imageName || shortDigest(image),
    state,
    formatAge(Date.now() - Date.parse(created)),
  ]);
  call.print({ list: containers, screen: () => [{ head: ["CONTAINER", "NAMES", "IMAGE", "STATE", "CREATED"], rows }] });
}

function containerJson({ id, names, imageId, metadata, state, createdAt }: Container) {
  const { imageName } = parseContainerMetadata(metadata);
  return { id, names, image: imageId, imageName, state, created: new Date(createdAt).toISOString() };
}
