export {
  decodeCheckReport,
  decodeDiskAccount,
  decodeRepairs,
  encodeCheckReport,
  encodeDiskAccount,
  encodeRepairs,
} from "./check-message.ts";
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
export { type PullRequest, type PullResponse, PullResponseSchema, StoreService } from "./gen/stowage/v1/store_pb.ts";
export {
  decodePullEvent,
  decodePullRequest,
  encodePullEvent,
  encodePullRequest,
  type PullAsk,
} from "./pull-message.ts";
export { registryUnavailable, statusCodes } from "./status-code.ts";
export { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";
