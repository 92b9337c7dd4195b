export {
  createImageService,
  type ImageService,
  type ImageServiceDependencies,
  type ImageServiceSettings,
} from "./image-service.ts";
export { type LayerPhase, type PullEvent, type PullOptions } from "./pull-event.ts";
