export {
  type ActiveSnapshot,
  type Chain,
  type Mount,
  type SnapshotInfo,
  type Snapshotter,
  type StagedLayer,
  type Usage,
} from "./snapshotter.ts";
export { type LayerSource, type UnpackedLayer, type Unpacker, type UnpackOptions } from "./unpacker.ts";
