import type { ContainerVerbs } from "@stowage/containers";

/** Containers that are loaded with the first call, since most who talk to a daemon never make one, and start sooner so. */
export function lateContainers(load: () => Promise<ContainerVerbs>): ContainerVerbs {
  let loading: Promise<ContainerVerbs> | undefined;
  const loaded = (): Promise<ContainerVerbs> => (loading ??= load());
  return {
    createPodSandbox: async (...asked) => (await loaded()).createPodSandbox(...asked),
    create: async (...asked) => (await loaded()).create(...asked),
    start: async (...asked) => (await loaded()).start(...asked),
    stop: async (...asked) => (await loaded()).stop(...asked),
    delete: async (...asked) => (await loaded()).delete(...asked),
    metadata: async (...asked) => (await loaded()).metadata(...asked),
    setMetadata: async (...asked) => (await loaded()).setMetadata(...asked),
    workDirectory: async (...asked) => (await loaded()).workDirectory(...asked),
    runDirectory: async (...asked) => (await loaded()).runDirectory(...asked),
    find: async (...asked) => (await loaded()).find(...asked),
    list: async (...asked) => (await loaded()).list(...asked),
  };
}
