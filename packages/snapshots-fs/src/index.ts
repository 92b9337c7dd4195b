export { layerIdOf } from "./layer-id.ts";
export { type OverlayOptions, openSnapshotter } from "./overlay-snapshotter.ts";
export { type StoragePath, storageAt } from "./storage-path.ts";
