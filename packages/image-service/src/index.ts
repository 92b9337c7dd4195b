export { type CheckOptions, type CheckReport, type Finding } from "./check.ts";
export { type Collectable, type Collection, type CollectReason, collectReasons } from "./collection.ts";
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
export { type Handler, type Handlers } from "./handlers.ts";
export { type Hold } from "./holdings.ts";
export { type ImageEvent } from "./image-event.ts";
export { type ImageQuery, parseImageQuery } from "./image-query.ts";
export {
  type CollectionOptions,
  type HandlerOptions,
  type ImageService,
  type ImageServiceDependencies,
  type ImageServiceSettings,
  type ImageVerbs,
  type ListOptions,
  type Pin,
  type ReadBlobOptions,
  type Removal,
  type RemoveImageOptions,
  type Repair,
  type TagOptions,
  type Tuning,
  type Untagging,
  type ViewOptions,
} from "./image-service.ts";
export { type ImageSource, type ImageSources, type LoadOptions } from "./image-source.ts";
export { type Widths } from "./limiter.ts";
export { Pins } from "./pins.ts";
export { type PacedProgress, ProgressPace, pacedProgress } from "./progress-pace.ts";
export { type LayerPhase, type PullEvent, type PullOptions } from "./pull-event.ts";
export { type PullFirstOptions, pullFirst } from "./pull-first.ts";
export { isReady } from "./ready.ts";
export { type Retention } from "./retention.ts";
export { type Boot } from "./roots.ts";
export { type LayerTrace, type PullTrace, type ReferenceTrace, type Traces } from "./trace.ts";
