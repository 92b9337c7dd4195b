export { findChain } from "./layer-chain.ts";
export { type DriverName, openSnapshotter, type SnapshotterOptions } from "./open-snapshotter.ts";
export { type OverlayFeatures, type OverlayProbe, probeOverlay } from "./probe-overlay.ts";
export { type StoragePath, storageAt } from "./storage-path.ts";
