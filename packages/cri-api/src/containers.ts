export {
  decodeContainer,
  decodeContainerRequest,
  decodeCreatedContainer,
  decodePodSandboxRequest,
  encodeContainer,
  encodeContainerRequest,
  encodeCreatedContainer,
  encodePodSandboxRequest,
} from "./container-message.ts";
export { ContainerService } from "./gen/stowage/v1/containers_pb.ts";
