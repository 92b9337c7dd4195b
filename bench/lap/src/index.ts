export { containerd } from "./containerd.ts";
export { type DockerRegistry, startDockerRegistry } from "./docker-registry.ts";
export { type DaemonCommand, type ImageDaemon, startDaemon } from "./image-daemon.ts";
export { type ListCalls, openListCalls } from "./list-call.ts";
export { makeScratch, type Scratch } from "./scratch.ts";
export { median, quantile } from "./statistics.ts";
export { type Durability, stowage } from "./stowage.ts";
