export {
  type ActiveSnapshot,
  type Chain,
  type InspectOptions,
  type Mount,
  type PrepareOptions,
  type SnapshotInfo,
  type Snapshotter,
  type StagedLayer,
} from "./snapshotter.ts";
export { type LayerSource, type UnpackedLayer, type Unpacker, type UnpackOptions } from "./unpacker.ts";
export { type Usage } from "./usage.ts";
