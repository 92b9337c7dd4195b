import type { ServiceImpl } from "@connectrpc/connect";
import type { ContainerVerbs } from "@stowage/containers";
import {
  type ContainerService,
  decodeContainerRequest,
  decodePodSandboxRequest,
  encodeContainer,
  encodeCreatedContainer,
} from "@stowage/cri-api/containers";
import { unary } from "./status.ts";

type Methods = ServiceImpl<typeof ContainerService>;

/** The files of containers, for runtimes on this machine: what is answered are paths. */
export function containerMethods(containers: ContainerVerbs): Methods {
  return { ...lifeMethods(containers), ...noteMethods(containers), ...listMethods(containers) };
}

function lifeMethods(
  containers: ContainerVerbs,
): Pick<Methods, "createPodSandbox" | "createContainer" | "startContainer" | "stopContainer" | "deleteContainer"> {
  return {
    createPodSandbox: unary(async (request, options) =>
      encodeCreatedContainer(await containers.createPodSandbox(decodePodSandboxRequest(request), options)),
    ),
    createContainer: unary(async (request, options) =>
      encodeCreatedContainer(await containers.create(decodeContainerRequest(request), options)),
    ),
    startContainer: unary(async ({ idOrName }, options) => ({
      rootFilesystem: await containers.start(idOrName, options),
    })),
    stopContainer: unary(async ({ idOrName }, options) => {
      await containers.stop(idOrName, options);
      return {};
    }),
    deleteContainer: unary(async ({ idOrName }, options) => {
      await containers.delete(idOrName, options);
      return {};
    }),
  };
}

/** What a runtime keeps of a container. */
function noteMethods(
  containers: ContainerVerbs,
): Pick<Methods, "getContainerMetadata" | "setContainerMetadata" | "getWorkDirectory" | "getRunDirectory"> {
  return {
    getContainerMetadata: unary(async ({ idOrName }, options) => ({
      metadata: await containers.metadata(idOrName, options),
    })),
    setContainerMetadata: unary(async ({ idOrName, metadata }, options) => {
      await containers.setMetadata(idOrName, metadata, options);
      return {};
    }),
    getWorkDirectory: unary(async ({ idOrName }, options) => ({
      path: await containers.workDirectory(idOrName, options),
    })),
    getRunDirectory: unary(async ({ idOrName }, options) => ({
      path: await containers.runDirectory(idOrName, options),
    })),
  };
}

function listMethods(containers: ContainerVerbs): Pick<Methods, "findContainer" | "listContainers"> {
  return {
    findContainer: unary(async ({ idOrName }, options) => {
      const container = await containers.find(idOrName, options);
      return container === undefined ? {} : { container: encodeContainer(container) };
    }),
    listContainers: unary(async (_request, options) => ({
      containers: (await containers.list(options)).map(encodeContainer),
    })),
  };
}
