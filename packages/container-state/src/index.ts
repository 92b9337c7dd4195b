export { isContainerId, requireContainerId } from "./container-id.ts";
export { type ContainerIndex } from "./container-index.ts";
export { type ContainerMetadata, formatContainerMetadata, parseContainerMetadata } from "./container-metadata.ts";
export { type ContainerPlaces } from "./container-places.ts";
export { type ContainerRecord } from "./container-record.ts";
export { type MountArguments, type Mounter } from "./mounter.ts";
