export {
  decodeCheckReport,
  decodeDiskAccount,
  decodeRepairs,
  encodeCheckReport,
  encodeDiskAccount,
  encodeRepairs,
} from "./check-message.ts";
export {
  decodeCollection,
  decodeHolds,
  decodeRemoval,
  decodeUntagging,
  encodeCollection,
  encodeHolds,
  encodeRemoval,
  encodeUntagging,
} from "./collect-message.ts";
export { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "./gen/grpc/health/v1/health_pb.ts";
export { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";
export { ServerReflection as ServerReflectionAlpha } from "./gen/grpc/reflection/v1alpha/reflection_pb.ts";
export {
  type AuthConfig,
  CgroupDriver,
  type FilesystemUsage,
  FilesystemUsageSchema,
  type Image,
  type ImageFilter,
  ImageSchema,
  ImageService,
  type ImageSpec,
  type PullImageRequest,
  RuntimeService,
} from "./gen/runtime/v1/api_pb.ts";
export {
  type Image as StoredImage,
  type LoadRequest,
  LoadRequestSchema,
  type LoadResponse,
  LoadResponseSchema,
  type PinResponse,
  type PullRequest,
  type PullResponse,
  PullResponseSchema,
  type ReadBlobRequest,
  type ReadBlobResponse,
  ReadBlobResponseSchema,
  StoreService,
  type WatchResponse,
  WatchResponseSchema,
} from "./gen/stowage/v1/store_pb.ts";
export { decodeImageEvent, encodeImageEvent } from "./image-event-message.ts";
export {
  decodeLoadBegin,
  decodeReadBlobRequest,
  encodeLoadBegin,
  encodeReadBlobRequest,
  type LoadAsk,
  type LoadedThing,
  type ReadBlobAsk,
} from "./load-message.ts";
export {
  decodePullEvent,
  decodePullRequest,
  encodePullEvent,
  encodePullRequest,
  type PullAsk,
} from "./pull-message.ts";
export { codeOfStatus, registryUnavailable, signatureValidationFailed, statusCodes } from "./status-code.ts";
export { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";
export { decodeUsage, encodeUsage } from "./usage-message.ts";
