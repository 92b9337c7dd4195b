export { type CheckOptions, type CheckReport, type Finding } from "./check.ts";
export { createImageService } from "./create-image-service.ts";
export {
  type Disk,
  type DiskAccount,
  type DiskEntry,
  type DiskKind,
  type DiskLine,
  type DiskOwner,
  diskKinds,
} from "./disk-account.ts";
export {
  type ImageService,
  type ImageServiceDependencies,
  type ImageServiceSettings,
  type ListOptions,
  type RemoveImageOptions,
  type Repair,
  type ViewOptions,
} from "./image-service.ts";
export { type LayerPhase, type PullEvent, type PullOptions } from "./pull-event.ts";
export { isReady } from "./ready.ts";
export { type Retention } from "./retention.ts";
export { type Boot } from "./roots.ts";
