import { createClient, type Transport } from "@connectrpc/connect";
import type { ContainerVerbs } from "@stowage/containers";
import {
  ContainerService,
  decodeContainer,
  decodeCreatedContainer,
  encodeContainerRequest,
  encodePodSandboxRequest,
} from "@stowage/cri-api/containers";
import { call } from "./call-daemon.ts";

/** The containers of the daemon at the other end. A request's auth file is read there, and its path has to be absolute. */
export function containerClient(transport: Transport): ContainerVerbs {
  const client = createClient(ContainerService, transport);
  return {
    createPodSandbox: (request, { signal } = {}) =>
      call(signal, async (options) =>
        decodeCreatedContainer(await client.createPodSandbox(encodePodSandboxRequest(request), options)),
      ),
    create: (request, { signal } = {}) =>
      call(signal, async (options) =>
        decodeCreatedContainer(await client.createContainer(encodeContainerRequest(request), options)),
      ),
    start: (idOrName, { signal } = {}) =>
      call(signal, async (options) => (await client.startContainer({ idOrName }, options)).rootFilesystem),
    stop: (idOrName, { signal } = {}) =>
      call(signal, async (options) => void (await client.stopContainer({ idOrName }, options))),
    delete: (idOrName, { signal } = {}) =>
      call(signal, async (options) => void (await client.deleteContainer({ idOrName }, options))),
    metadata: (idOrName, { signal } = {}) =>
      call(signal, async (options) => (await client.getContainerMetadata({ idOrName }, options)).metadata),
    setMetadata: (idOrName, metadata, { signal } = {}) =>
      call(signal, async (options) => void (await client.setContainerMetadata({ idOrName, metadata }, options))),
    workDirectory: (idOrName, { signal } = {}) =>
      call(signal, async (options) => (await client.getWorkDirectory({ idOrName }, options)).path),
    runDirectory: (idOrName, { signal } = {}) =>
      call(signal, async (options) => (await client.getRunDirectory({ idOrName }, options)).path),
    find: (idOrName, { signal } = {}) =>
      call(signal, async (options) => {
        const { container } = await client.findContainer({ idOrName }, options);
        return container === undefined ? undefined : decodeContainer(container);
      }),
    list: ({ signal } = {}) =>
      call(signal, async (options) => (await client.listContainers({}, options)).containers.map(decodeContainer)),
  };
}
