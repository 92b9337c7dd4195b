export { type Chain } from "./chain.ts";
export { type Mount } from "./mount.ts";
export {
  type ActiveSnapshot,
  type InspectOptions,
  type PrepareOptions,
  type SnapshotInfo,
  type Snapshotter,
  type StagedLayer,
  type ViewOptions,
} from "./snapshotter.ts";
export { type LayerFile, type LayerSource, type UnpackedLayer, type Unpacker, type UnpackOptions } from "./unpacker.ts";
export { type Usage } from "./usage.ts";
export { type CreateWritableOptions, type WritableInfo, type WritableSnapshots } from "./writable-snapshots.ts";
