export {
  type Authority,
  type Container,
  type ContainerImages,
  type ContainerPullOptions,
  type ContainerRequest,
  type ContainerState,
  type Containers,
  type ContainersDependencies,
  type ContainersSettings,
  type ContainerVerbs,
  type CreatedContainer,
  type CreateRequest,
  type PodSandboxRequest,
  type RecoverOptions,
} from "./containers.ts";
export { createContainers } from "./create-containers.ts";
export { type Recovery } from "./recover.ts";
